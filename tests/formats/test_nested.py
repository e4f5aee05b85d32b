"""What lies inside another content: how much of it is looked into."""

import gzip

import pytest

from harness.formats.change import field
from harness.formats.nested import Nesting
from harness.formats.wording import spelled
from tests.formats.seeds import changed


def fields(nesting: Nesting, first: bytes, second: bytes) -> list[tuple[str, str, str]]:
    slices = [(data, 1, len(data)) for data in (first, second)]
    return [
        (spelled(c.place), c.texts[0], c.texts[1])
        for c in nesting.slices(field("it"), "it", slices[0], slices[1])
    ]


def test_slices_are_explained_without_what_stands_before_them() -> None:
    nesting = Nesting.of(b"")
    assert fields(nesting, b"?one\n", b"!two\n") == [("it: line 1, word 1", "one", "two")]
    assert fields(nesting, b"?one\n", b"!one\n") == []


def test_of_large_slices_only_the_place_of_the_first_difference_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("harness.formats.nested._AT_ONCE", 3)
    monkeypatch.setattr("harness.formats.nested._CHUNK", 2)
    too_large = "5 bytes, too large to look into"
    for second, place in ((b"?01x34", 2), (b"?01234", None), (b"?012345", 5), (b"?012", 3)):
        found = fields(Nesting.of(b""), b"?01234", second)
        states = too_large, too_large.replace("5", str(len(second) - 1))
        expected = [] if place is None else [(f"it: content from byte {place} on", *states)]
        assert found == expected


def test_what_lies_deeper_than_the_bound_is_compared_only() -> None:
    contents = [b"one\n", b"two two\n"]
    for _ in range(6):
        contents = [gzip.compress(content, 0, mtime=0) for content in contents]
    ours, theirs = contents
    assert list(changed("a.gz", ours, theirs)) == ["gzip content: " * 5 + "gzip content: too deep"]


def test_what_lies_deeper_and_is_equal_is_not_named() -> None:
    contents = [gzip.compress(b"one\n", mtime=mtime) for mtime in (1, 2)]
    for _ in range(5):
        contents = [gzip.compress(content, 0, mtime=0) for content in contents]
    ours, theirs = contents
    assert list(changed("a.gz", ours, theirs)) == ["gzip content: " * 5 + "gzip header mtime"]
