"""The table of formats: the first row that can explain does."""

from harness.core.formats import registry


def test_text_is_explained_by_line_and_word() -> None:
    name, changes = registry.explain("a.txt", b"one\ntwo x\n", b"one\ntwo y\n")
    (change,) = changes
    assert (name, change.field, change.first, change.second) == ("text", "line 2, word 2", "x", "y")


def test_binary_takes_what_text_does_not() -> None:
    name, changes = registry.explain("a", b"\0\1\2\3", b"\0\1\2\4")
    assert name == "binary"
    assert [change.field for change in changes] == ["differing bytes", "bytes 0x3 to 0x4"]


def test_equal_contents_give_no_change() -> None:
    assert list(registry.explain("a", b"same", b"same")[1]) == []
