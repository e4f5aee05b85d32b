"""Compare two closures: paths that come, go, or have another content; sizes; what leads to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.diff.core.pairing import chain, chains, name_of, pair
from harness.diff.core.report import ADDED, REMOVED, Item, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """Store paths with all that they refer to: `sizes` of every path in bytes (as NAR)."""

    tops: Sequence[str]
    references: Mapping[str, Sequence[str]]
    sizes: Mapping[str, int]


def compare_closures(first: Closure, second: Closure) -> Level | None:
    """Return what differs, what is added and removed first and the largest of that before."""
    found = pair(first.sizes, second.sizes)
    moved = [_moved(one, other, first, second) for one, other in found.pairs]
    items = [*_alone(found.come, second, ADDED), *_alone(found.gone, first, REMOVED), *moved]
    if not items:
        return None
    counted = f"{len(found.come)} paths added, {len(found.gone)} removed, {len(moved)} changed"
    totals = sum(first.sizes.values()), sum(second.sizes.values())
    summary = f"{counted}; {totals[0]} → {totals[1]} bytes"
    return Level(name="closure", summary=summary, items=tuple(items))


def _alone(paths: Sequence[str], closure: Closure, kind: str) -> list[Item]:
    before = chains(closure.tops, lambda path: closure.references.get(path, ()))
    items = []
    for path in sorted(paths, key=lambda one: (-closure.sizes[one], name_of(one))):
        size = f"{closure.sizes[path]} bytes"
        first, second = ("", size) if kind == ADDED else (size, "")
        via = chain(before, path, name_of)
        items.append(Item(subject=name_of(path), field=kind, first=first, second=second, via=via))
    return items


def _moved(one: str, other: str, first: Closure, second: Closure) -> Item:
    names = name_of(one), name_of(other)
    sizes = f"{first.sizes[one]} bytes", f"{second.sizes[other]} bytes"
    if names[0] != names[1]:
        values = tuple(f"{name}, {size}" for name, size in zip(names, sizes, strict=True))
        return Item(subject=names[0], field="moved", first=values[0], second=values[1])
    if sizes[0] != sizes[1]:
        return Item(subject=names[0], field="size", first=sizes[0], second=sizes[1])
    return Item(subject=names[0], field="path", first=one, second=other)
