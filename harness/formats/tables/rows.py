"""Rows of two tables that a library reads: how many differ, and the first of them by column."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice, zip_longest

from harness.formats.change import At, Change, Kind, Place, Step
from harness.formats.fields import changed, differing, named, shown

_SHOWN = 5
_COUNTED = 100_000

Row = Mapping[str, object]


def compare(place: Place, first: Iterator[Row], second: Iterator[Row]) -> Iterator[Change]:
    """Yield the differing rows of one table, which are counted from 1.

    Raises:
        ValueError: as what yields the rows.

    """
    found = 0
    head: list[tuple[int, Row | None, Row | None]] = []
    balance: Counter[str] = Counter()
    pairs = enumerate(zip_longest(first, second), 1)
    unlike = ((number, ours, theirs) for number, (ours, theirs) in pairs if _differ(ours, theirs))
    for number, ours, theirs in islice(unlike, _COUNTED):
        found += 1
        head += [(number, ours, theirs)][: _SHOWN - len(head)]
        balance[repr(ours)] += 1
        balance[repr(theirs)] -= 1
    if found:
        what = "differing rows" if any(balance.values()) else "equal rows in another order"
        kind = Kind.SUMMARY if any(balance.values()) else Kind.ORDER
        text = f"{'at least ' * (found == _COUNTED)}{found}"
        summary = (*place, Step(At.SUMMARY, what))
        yield Change(kind=kind, place=summary, first=text, second=text)
    for number, ours, theirs in head:
        yield from _cells((*place, Step(At.ROW, number)), ours, theirs)


def _differ(first: Row | None, second: Row | None) -> bool:
    """Tell whether two rows differ; what is no number equals itself here."""
    return first != second and repr(first) != repr(second)


def _cells(place: Place, first: Row | None, second: Row | None) -> Iterator[Change]:
    if first is None or second is None:
        texts = ["" if it is None else shown(tuple(it.values())) for it in (first, second)]
        yield changed(place, texts[0], texts[1])
        return
    ours, theirs = (
        named({name: it[name] for name in it if _differ_in(name, first, second)}, At.COLUMN)
        for it in (first, second)
    )
    yield from differing(ours, theirs, place)


def _differ_in(name: str, first: Row, second: Row) -> bool:
    return repr(first.get(name, ())) != repr(second.get(name, ()))
