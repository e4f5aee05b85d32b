"""Text by line and word, whatever its encoding."""

import pytest

from harness.formats.documents import text as reader
from harness.formats.wording import spelled


def found(first: bytes, second: bytes) -> list[tuple[str, str, str]]:
    return [(spelled(c.place), c.texts[0], c.texts[1]) for c in reader.explain(first, second)]


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


@pytest.mark.parametrize(
    ("first", "second", "endings"),
    [
        (b"a\r\nb\r\n", b"a\nB\n", ("2 CRLF, 0 LF", "0 CRLF, 2 LF")),
        (b"a\rb\r", b"a\nb\n", ("0 CRLF, 0 LF, 2 CR", "0 CRLF, 2 LF")),
        (b"a\x0cb\n", b"a\nb\n", ("0 CRLF, 1 LF, 1 U+000C", "0 CRLF, 2 LF")),
        ("a\u2028b\n".encode(), b"a\nb\n", ("0 CRLF, 1 LF, 1 U+2028", "0 CRLF, 2 LF")),
    ],
)
def test_line_endings_of_each_kind_are_counted_whatever_else_differs(
    first: bytes, second: bytes, endings: tuple[str, str]
) -> None:
    assert found(first, second)[0] == ("line endings", *endings)


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


def test_the_same_words_of_a_line_in_another_order_are_one_change() -> None:
    order = "line 2: the same words in another order"
    assert found(b"x\nuse: red green blue\n", b"x\nuse: green blue red\n") == [
        (order, "red, green, blue", "green, blue, red")
    ]
    assert found(b"x\na b\n", b"x\na  b\n") == [("line 2, word 2", "' '", "'  '")]
    assert found(b"a b c\n", b"b a d\n") != [(order, "a, b", "b, a")]


def test_each_place_of_a_long_line_is_told() -> None:
    one = [f"word{i}" for i in range(1000)]
    other = [*one]
    other[300], other[900] = "x", "y"
    assert found(" ".join(one).encode(), " ".join(other).encode()) == [
        ("line 1, word 301", "word300", "x"),
        ("line 1, word 901", "word900", "y"),
    ]


def test_a_line_of_a_million_characters_is_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_LONGEST_LINE", 4)
    assert found(b"a b c", b"a x y") == [("line 1, word 1", "a b c", "a x y")]


def test_lines_in_another_order_are_one_change() -> None:
    lines = [f"entry-{i}" for i in range(1000)]
    shuffled = lines[::-1]
    ((field, one, other),) = found("\n".join(lines).encode(), "\n".join(shuffled).encode())
    assert field == "order of lines"
    assert one.startswith("entry-0, entry-1, ")
    assert other.startswith(f"{shuffled[0]}, ")


def test_what_changed_beside_the_order_is_told_besides() -> None:
    first, second = b"a\nb\nc\nd\ne\nold\nf\n", b"f\ne\nd\nnew\nc\nb\na\n"
    order, *rest = found(first, second)
    assert order[0] == "order of lines"
    assert {value for _, one, other in rest for value in (one, other)} == {"", "old", "new"}


def test_letters_that_look_alike_are_told_by_their_numbers() -> None:
    assert found("p\u0430y\n".encode(), b"pay\n") == [
        ("line 1, word 1", "p\u0430y (U+0430)", "pay")
    ]
    assert found("a\u200bb\n".encode(), b"ab\n")[0][1].endswith("(U+200B)")
    assert found("caf\u00e9\n".encode(), b"cafe\n") == [("line 1, word 1", "caf\u00e9", "cafe")]


def test_writes_a_unified_diff_without_a_head() -> None:
    assert list(reader.unified("a\nb\n", "a\nc\n")) == ["@@ -1,2 +1,2 @@", " a", "-b", "+c"]


def test_what_is_no_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="NUL"):
        found(b"a\0", b"b")
    monkeypatch.setattr(reader, "LIMIT", 2)
    with pytest.raises(ValueError, match="more than 2"):
        found(b"abc", b"b")
