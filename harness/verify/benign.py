"""Declared differences: which hold today, and which of what was found they cover."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from harness.errors import ToolError
from harness.project.repository import Environment
from harness.verdict import Verdict
from harness.verify.core.benign import (
    NOTHING_EXPECTED,
    Benign,
    Declared,
    Expected,
    expected,
    require_current,
)
from harness.verify.core.verdict import OutputResult, Verification

_MOST_FIELDS = 1000
"""Of one file; with more, nobody can have declared each."""


def declared(
    environment: Environment, instead: tuple[Benign, ...] | None = None
) -> tuple[Benign, ...]:
    """Return what env.toml declares, or in its place what a trust file does (`instead`).

    Raises:
        InputError: env.toml is not valid, or a declaration has expired.

    """
    found = environment.table(Declared).benign if instead is None else instead
    where = environment.shown(environment.spec_path) if instead is None else "--trust"
    require_current(found, datetime.now(UTC).date(), where)
    return found


def covered(found: Verification, declarations: Sequence[Benign]) -> Expected:
    """Return which declarations cover which of the differences that a verification kept."""
    if not declarations:
        return NOTHING_EXPECTED
    different = [one for one in found.results if one.verdict is Verdict.DIFFERENT]
    return expected(declarations, {one.path: dict(_fields(one)) for one in different})


def _fields(result: OutputResult) -> Iterator[tuple[str, list[str]]]:
    """Yield each differing file with the fields that differ: none where they are not known."""
    if result.trees is None:
        return
    # Slow, and few declare differences.
    from harness.formats.wording import spelled  # noqa: PLC0415
    from harness.verify.changes import changed, changes  # noqa: PLC0415

    first, second = ({result.output: tree} for tree in result.trees)
    try:
        for key in changed(first, second):
            found = changes(first, second, key, _MOST_FIELDS + 1)
            yield (
                key[1],
                [spelled(one.place) for one in found] if len(found) <= _MOST_FIELDS else [],
            )
    except (OSError, ToolError):
        yield "", []
