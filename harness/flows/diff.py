"""Say what differs between two things, at every level that both have, the causes first.

Lock, derivation, closure, tree, file: what stands above usually explains what is below.
"""

import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

from harness.adapters import nix, process
from harness.adapters.store import read_derivation
from harness.core.diff.closure import Closure, compare_closures
from harness.core.diff.graph import compare_graphs, masked
from harness.core.diff.locks import compare_locks
from harness.core.diff.report import Item, Level, Report
from harness.errors import ToolError
from harness.flows.changes import changes
from harness.flows.operands import Operand, operand
from harness.flows.tree_diff import Different, compare_trees

_CONTENT, _TARGET = "content", "target"
_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`limit` bounds how many files are explained and how many changes of each are told."""

    limit: int = 20
    diffoscope: bool = False


def diff(first: str, second: str, options: Options) -> Report:
    """Compare two operands by name.

    Raises:
        InputError: a name stands for nothing, or both have no level in common.
        ToolError: something cannot be read, or Nix does not work.
        IntegrityError: a lock or derivation is not valid.

    """
    with operand(first) as one, operand(second) as other:
        levels = [level for level in _levels(one, other, options) if level]
        notes = [side.note for side in (one, other) if side.note]
        if not notes and not _common(one, other):
            notes.append("there is no level at which these two can be compared")
            raise ToolError(f"{first} and {second}: {notes[-1]}")
    return Report(first=first, second=second, levels=tuple(levels), notes=tuple(notes))


def _common(one: Operand, other: Operand) -> bool:
    pairs = ((one.lock, other.lock), (one.derivation, other.derivation), (one.path, other.path))
    return any(a is not None and b is not None for a, b in pairs)


def _levels(one: Operand, other: Operand, options: Options) -> Iterator[Level | None]:
    if one.lock and other.lock:
        yield _lock_level(one, other)
    if one.derivation and other.derivation:
        yield _derivation_level(one.derivation, other.derivation)
    if one.outputs and other.outputs and one.outputs != other.outputs:
        yield compare_closures(_closure(one.outputs), _closure(other.outputs))
    for ours, theirs in _trees(one, other):
        different = compare_trees(ours, theirs)
        yield _tree_level(different)
        yield _file_level(ours, theirs, different, options)
        if options.diffoscope and different:
            yield _diffoscope_level(ours, theirs)


def _trees(one: Operand, other: Operand) -> Iterator[tuple[Path, Path]]:
    if one.path and other.path:
        yield one.path, other.path
    else:
        for name in sorted(one.outputs.keys() & other.outputs.keys()):
            yield Path(one.outputs[name]), Path(other.outputs[name])


def _lock_level(one: Operand, other: Operand) -> Level | None:
    items = compare_locks(one.lock, other.lock) if one.lock and other.lock else []
    return _level("lock", f"{len(items)} differences", items)


def _level(name: str, summary: str, items: Sequence[Item]) -> Level | None:
    return Level(name=name, summary=summary, items=tuple(items)) if items else None


def _derivation_level(first: str, second: str) -> Level | None:
    found = compare_graphs(first, second, cache(read_derivation))
    summary = f"{found.changed} changed by themselves, {found.followers} only because of those"
    return _level("derivation", summary, found.roots)


def _closure(outputs: Mapping[str, str]) -> Closure:
    tops = list(outputs.values())
    sizes = nix.nar_sizes(nix.requisites(tops))
    return Closure(tops=tops, references=nix.references(tops), sizes=sizes)


def _tree_level(different: Sequence[Different]) -> Level | None:
    items = [
        Item(subject=one.path, field=one.kind, first=one.first, second=one.second)
        for one in different
        if one.kind != _TARGET or masked(one.first) != masked(one.second)
    ]
    followed = len(different) - len(items)
    links = f", {followed} links lead to another store path of the same name" if followed else ""
    return _level("tree", f"{len(items)} paths differ{links}", items)


def _file_level(
    first: Path, second: Path, different: Sequence[Different], options: Options
) -> Level | None:
    files = [one.path for one in different if one.kind == _CONTENT]
    until, items, explained = time.monotonic() + _SECONDS, list[Item](), 0
    for path in islice(files, options.limit):
        if time.monotonic() > until:
            break
        explained += 1
        trees = {"": str(first)}, {"": str(second)}
        items += (
            Item(
                subject=path,
                field=change.field,
                first=change.first,
                second=change.second,
                offset=change.offset,
            )
            for change in changes(*trees, ("", path), options.limit)
        )
    return _level("file", f"{explained} of {len(files)} differing files explained", items)


def _diffoscope_level(first: Path, second: Path) -> Level | None:
    """Hand two trees to diffoscope, a program of its own (and of another licence)."""
    if shutil.which("diffoscope") is None:
        raise ToolError("diffoscope is not installed: apt-get install diffoscope-minimal")
    argv = ["diffoscope", "--text", "-", str(first), str(second)]
    completed = process.run(argv, env=nix.environment(), timeout=600)
    if completed.status not in {0, 1}:
        raise ToolError(str(process.failure(completed)))
    lines = completed.stdout.splitlines()
    return _level(
        "diffoscope", f"{len(lines)} lines", [Item(subject=line, field="") for line in lines]
    )
