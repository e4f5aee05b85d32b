"""Causes as they are named: by kind and output, with evidence from the first of their files."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from harness.formats.change import Change
from harness.verify.core.causes.cause import Cause, Evidence
from harness.verify.core.causes.plan import Key
from harness.verify.core.hints import FILE_TIME
from harness.verify.core.instability import NEW_TIME, REAL_TIME, UNSTABLE
from harness.verify.core.remedy import Seen, advice

T = TypeVar("T")

MOST_EVIDENCE = 5
_FACTOR_OF = {REAL_TIME: "clock", NEW_TIME: FILE_TIME}
"""By what a factor is called that was not moved but shows."""


def is_weak(cause: Cause) -> bool:
    """Return whether a cause says only that something is not stable: others come first."""
    return cause.factor == UNSTABLE


def by_kind(kinds: Mapping[Key, Sequence[str]]) -> list[tuple[tuple[str, str], list[Key]]]:
    """Return files by output and kind."""
    found: dict[tuple[str, str], list[Key]] = {}
    for key in sorted(kinds):
        for kind in kinds[key]:
            found.setdefault((key[0], kind), []).append(key)
    return list(found.items())


def by_output(pairs: Iterable[tuple[str, T]]) -> dict[str, tuple[T, ...]]:
    """Return values by output, in the order given."""
    found: dict[str, list[T]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: tuple(values) for name, values in found.items()}


def named(
    names: Sequence[str],
    keys: Sequence[Key],
    every: Sequence[tuple[str, Sequence[Change]]],
    title: str = "",
    *,
    is_dump: bool = False,
) -> Cause:
    """Return a cause with the first of the changes that it makes in each of its first files."""
    chosen = [
        (output, path, form, change)
        for (output, path), (form, found) in zip(keys, every, strict=False)
        for change in found[: max(1, MOST_EVIDENCE // len(keys))]
    ]
    evidence = [
        Evidence(
            output=output,
            path=path,
            place=change.place,
            first=change.texts[0],
            second=change.texts[1],
            offset=change.offset,
        )
        for output, path, _, change in chosen
    ]
    seen = [
        Seen(path=path, form=form, place=change.place, values=change.texts)
        for _, path, form, change in chosen
    ]
    said = advice(names, seen, is_dump=is_dump)
    return Cause(
        factor=" + ".join(_FACTOR_OF.get(name, name) for name in names),
        title=title or said.title,
        remedy=said.remedy,
        files=len(keys),
        evidence=tuple(evidence),
    )
