from dataclasses import dataclass

import pytest

from harness.formats.archives.renamed import aligned, digest
from harness.formats.wording import spelled


@dataclass(frozen=True)
class _Thing:
    key: bytes

    @property
    def size(self) -> int:
        return len(self.key)


def _things(contents: dict[str, bytes]) -> dict[str, _Thing]:
    return {name: _Thing(content) for name, content in contents.items()}


def _renames(ours: dict[str, bytes], theirs: dict[str, bytes]) -> dict[str, str]:
    return dict(aligned(_things(ours), _things(theirs)).renames)


def test_members_of_one_content_are_paired_and_empty_ones_are_not() -> None:
    assert _renames({"a": b"1", "b": b"2"}, {"c": b"2", "d": b"3"}) == {"b": "c"}
    assert _renames({"a": b""}, {"b": b""}) == {}
    assert _renames({"a": b"1"}, {"a": b"1", "b": b"1"}) == {}


def test_the_second_side_goes_by_the_first_s_names() -> None:
    found = aligned(_things({"a": b"1"}), _things({"x": b"9", "b": b"1"}))
    assert dict(found.members) == _things({"x": b"9", "a": b"1"})
    ((change,), none) = [[*found.told(name)] for name in ("a", "x")]
    assert (spelled(change.place), change.texts[0], change.texts[1]) == (
        "member a: renamed",
        "a",
        "b",
    )
    assert none == []


def test_above_the_bound_none_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.formats.archives.renamed._MOST", 1)
    assert _renames({"a": b"1", "b": b"2"}, {"c": b"2"}) == {}


def test_a_part_is_hashed_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.formats.archives.renamed._CHUNK", 3)
    assert digest(b"xxabcdefghyy", 2, 10) == digest(b"abcdefgh", 0, 8)
    assert digest(b"abcdefgh", 0, 7) != digest(b"abcdefgh", 0, 8)
