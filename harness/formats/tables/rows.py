"""Rows of two tables that a library reads: how many differ, and the first of them by column."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, zip_longest

from harness.formats.change import At, Change, Kind, Place, Step
from harness.formats.fields import differing, named, shown

_SHOWN = 5
_COUNTED = 100_000

Row = Mapping[str, object]
Pair = tuple[int, Row | None, Row | None]
"""A row's number, and what it is in both tables, None where it is in one alone."""


def compare(place: Place, first: Iterator[Row], second: Iterator[Row]) -> Iterator[Change]:
    """Yield the differing rows of one table, which are counted from 1.

    Raises:
        ValueError: as what yields the rows.

    """
    pairs = enumerate(zip_longest(first, second), 1)
    yield from told(place, ((number, ours, theirs) for number, (ours, theirs) in pairs))


def told(place: Place, pairs: Iterable[Pair]) -> Iterator[Change]:
    """Yield how many pairs of rows differ, and the first of them by column.

    Raises:
        ValueError: as what yields the pairs.

    """
    found = 0
    head: list[Pair] = []
    balance: Counter[int] = Counter()
    unlike = (pair for pair in pairs if _differ(*pair[1:]))
    for pair in islice(unlike, _COUNTED):
        found += 1
        head += [pair][: _SHOWN - len(head)]
        balance[hash(repr(pair[1]))] += 1
        balance[hash(repr(pair[2]))] -= 1
    if found:
        is_order = not any(balance.values())
        what = "equal rows in another order" if is_order else "differing rows"
        kind = Kind.ORDER if is_order else Kind.SUMMARY
        text = f"{'at least ' * (found == _COUNTED)}{found}"
        summary = (*place, Step(At.SUMMARY, what))
        yield Change(kind=kind, place=summary, first=text, second=text)
    for number, ours, theirs in head:
        yield from _cells((*place, Step(At.ROW, number)), ours, theirs)


def _differ(first: Row | None, second: Row | None) -> bool:
    """Return whether two rows differ; what is not a number equals itself here."""
    return first != second and repr(first) != repr(second)


def _cells(place: Place, first: Row | None, second: Row | None) -> Iterator[Change]:
    if first is None or second is None:
        texts = ["" if it is None else shown(tuple(it.values())) for it in (first, second)]
        yield Change(kind=Kind.PRESENCE, place=place, first=texts[0], second=texts[1])
        return
    ours, theirs = (
        named({name: it[name] for name in it if _differ_in(name, first, second)}, At.COLUMN)
        for it in (first, second)
    )
    yield from differing(ours, theirs, place)


def _differ_in(name: str, first: Row, second: Row) -> bool:
    return repr(first.get(name, ())) != repr(second.get(name, ()))
