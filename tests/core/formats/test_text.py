"""Text by line and word, whatever its encoding."""

import pytest

from harness.core.formats import text as reader


def found(first: bytes, second: bytes) -> list[tuple[str, str, str]]:
    return [(c.field, c.first, c.second) for c in reader.explain(first, second)]


def test_names_the_encoding_and_the_word() -> None:
    ours, theirs = "één a".encode("utf-16"), b"\xef\xbb\xbf" + "één b".encode()
    assert found(ours, theirs) == [
        ("text encoding", "utf-16", "utf-8-sig"),
        ("line 1, word 2", "a", "b"),
    ]
    assert found("é".encode(), "é".encode("latin-1"))[0] == ("text encoding", "utf-8", "latin-1")


def test_names_line_endings() -> None:
    assert found(b"a\nb", b"a\r\nb\n") == [
        ("line endings", "0 CRLF, 1 LF, none at the end", "1 CRLF, 1 LF")
    ]


def test_names_lines_put_in_and_space() -> None:
    assert found(b"a\nb\n", b"a\nx\ny\nb\n") == [("line 2", "", "x\ny")]
    assert found(b"a b\n", b"a\tb\n") == [("line 1, word 2", "' '", "'\\t'")]
    assert found(b"a\nb\n", b"c\n") == [("line 1-2", "a\nb", "c")]


def test_lines_that_are_alike_are_compared_word_by_word() -> None:
    ours, theirs = b"-rw-r--r-- 1 a\n-rw-r--r-- 2 b\n", b"-rw------- 1 a\n-rw------- 2 b\n"
    modes = "-rw-r--r--", "-rw-------"
    assert found(ours, theirs) == [("line 1, word 1", *modes), ("line 2, word 1", *modes)]
    assert found(b"a b\nc d\n", b"a x\ny z\n") == [("line 1-2", "a b\nc d", "a x\ny z")]


def test_paths_and_times_are_words() -> None:
    assert found(b"at 10:03:04 in /build/a-b.c", b"at 10:04:05 in /other/a-b.c") == [
        ("line 1, word 2", "10:03:04", "10:04:05"),
        ("line 1, word 4", "/build/a-b.c", "/other/a-b.c"),
    ]


def test_a_line_of_very_many_words_is_one_place() -> None:
    ours, theirs = ((b"a " * 300 + end).strip() for end in (b"x", b"y"))
    ((field, one, other),) = found(ours, theirs)
    assert field == "line 1, word 1"
    assert (one[-1], other[-1]) == ("x", "y")


def test_writes_a_unified_diff_without_a_head() -> None:
    assert list(reader.unified("a\nb\n", "a\nc\n")) == ["@@ -1,2 +1,2 @@", " a", "-b", "+c"]


def test_what_is_no_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="NUL"):
        found(b"a\0", b"b")
    monkeypatch.setattr(reader, "LIMIT", 2)
    with pytest.raises(ValueError, match="more than 2"):
        found(b"abc", b"b")
