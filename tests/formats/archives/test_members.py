"""Members of any archive, compared by one rule."""

from collections.abc import Iterator, Mapping

import pytest

from harness.formats.archives.members import Member, compare
from harness.formats.change import Change, Place
from harness.formats.wording import spelled


def archive(
    contents: Mapping[str, bytes],
    named: Mapping[str, object] | None = None,
    kind: str = "",
    **fields: object,
) -> list[Member]:
    """Return members that lie one behind the other; those fields that are `named` follow a name."""
    whole, found, start = b"".join(contents.values()), list[Member](), 0
    for name, content in contents.items():
        member = Member(
            name=name,
            fields={**fields, **(named or {})},
            archive=whole,
            start=start,
            end=start + len(content),
            offset=start,
            kind=kind,
            named=frozenset(named or {}),
        )
        found.append(member)
        start += len(content)
    return found


def told(first: list[Member], second: list[Member]) -> list[tuple[str, str, str]]:
    return [(spelled(one.place), *one.texts) for one in compare(first, second)]


def test_equal_archives_have_no_changes() -> None:
    both = [archive({"a": b"1", "b": b"2"}, mode=0o644) for _ in range(2)]
    assert told(*both) == []


def test_the_order_is_told_once_and_members_are_compared_by_name() -> None:
    first, second = archive({"a": b"1", "b": b"2"}), archive({"b": b"2", "a": b"1"})
    assert [place for place, *_ in told(first, second)] == ["order of members"]


def test_a_member_that_one_side_lacks_is_told_with_its_size() -> None:
    first, second = archive({"a": b"123"}, kind="directory, "), archive({})
    assert told(first, second) == [("member a", "directory, 3 bytes", "")]
    assert told(second, first) == [("member a", "", "directory, 3 bytes")]


def test_each_field_of_a_header_that_differs_is_told_at_its_offset() -> None:
    first, second = (
        archive({"x": b"..", "a": b"1"}, mode=mode, owner=0) for mode in (0o644, 0o600)
    )
    (_, change) = compare(first, second)
    assert spelled(change.place) == "member a: mode"
    assert change.offset == 2


def test_a_renamed_member_is_told_so_and_not_as_one_gone_and_one_come() -> None:
    assert told(archive({"a": b"123"}), archive({"b": b"123"})) == [("member a: renamed", "a", "b")]


def test_fields_that_follow_from_a_name_are_not_told_where_it_differs() -> None:
    first, second = (
        archive({name: b"123"}, named={"length of name": length}, mode=mode)
        for name, length, mode in (("a", 1, 0o644), ("bb", 2, 0o600))
    )
    assert [place for place, *_ in told(first, second)] == ["member a: renamed", "member a: mode"]


def test_fields_that_follow_from_a_name_are_told_where_it_is_the_same() -> None:
    first, second = (archive({"a": b"1"}, named={"checksum": sum_}) for sum_ in (1, 2))
    assert [place for place, *_ in told(first, second)] == ["member a: checksum"]


def test_contents_are_explained_as_what_they_are() -> None:
    first, second = (archive({"a.json": text}) for text in (b'{"k": 1}', b'{"k": 2}'))
    (change,) = told(first, second)
    assert change[0].startswith("member a.json")
    assert change[1:] == ("1", "2")


def test_an_archive_with_a_way_of_its_own_compares_contents_by_it() -> None:
    seen = list[tuple[str, str]]()

    def inside(_: Place, one: Member, other: Member) -> Iterator[Change]:
        seen.append((one.name, other.name))
        yield from ()

    first, second = archive({"a": b"1", "b": b"234"}), archive({"a": b"2", "c": b"234"})
    list(compare(first, second, inside))
    assert seen == [("a", "a"), ("b", "c")]


def test_two_members_of_one_name_are_told_apart() -> None:
    twice = [*archive({"a": b"1"}), *archive({"a": b"22"})]
    assert told(twice, twice) == []
    assert len(told(twice, archive({"a": b"1"}))) > 0


def test_damage_that_shows_while_members_are_read_is_passed_on() -> None:
    def damaged() -> Iterator[Member]:
        yield from archive({"a": b"1"})
        raise ValueError("cut off")

    with pytest.raises(ValueError, match="cut off"):
        list(compare(damaged(), []))
