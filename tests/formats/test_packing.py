from harness.formats.change import Change, Kind, field
from harness.formats.packing import packing, telling
from harness.formats.wording import spelled


def _change(name: str) -> Change:
    return Change(kind=Kind.TEXT, place=field(name), first="1", second="2")


def _told(*changes: Change) -> list[Change | bool]:
    found: list[Change | bool] = []
    told = telling(changes)
    while True:
        try:
            found.append(next(told))
        except StopIteration as end:
            return [*found, end.value]


def test_changes_are_passed_on_and_whether_there_are_any_is_returned() -> None:
    some = [_change("a"), _change("b")]
    assert _told(*some) == [*some, True]
    assert _told() == [False]


def test_a_packing_tells_the_size_of_each_side() -> None:
    found = packing("Avro blocks", "rows", b"12", b"123")
    assert (found.kind, spelled(found.place)) == (Kind.PACKING, "Avro blocks")
    assert found.texts == ("same rows in 2 bytes", "same rows in 3 bytes")
