"""Say what differs between two things, at every level that both have, the causes first.

Lock, derivation, closure, tree, file: what stands above usually explains what is below.
"""

import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice, pairwise
from pathlib import Path

from harness.diff.core.closure import Closure, compare_closures
from harness.diff.core.graph import compare_graphs, masked
from harness.diff.core.locks import compare_locks, summary
from harness.diff.core.report import Item, Level, Report
from harness.diff.core.requirements import compare_requirements
from harness.diff.core.statements import compare_bundles
from harness.diff.images import LaidOut, align, compare_images
from harness.diff.operands import Operand, operand
from harness.diff.trees import EXECUTABLE, PERMISSIONS, Different, compare_trees
from harness.errors import InputError, ToolError
from harness.formats.change import At, Change, Place, Step
from harness.formats.wording import worded
from harness.host import process
from harness.host.files import explained
from harness.readers.pool import READERS
from harness.render.spelling import spelled_name
from harness.store import nix
from harness.store.derivations import read_derivation

_CONTENT, _TARGET = "content", "target"
_SECONDS = 10.0
_SETTINGS = frozenset(Step(At.KEY, key) for key in ("config", "container_config", "history"))


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
        if not _comparable(one, other):
            raise InputError(f"{first} and {second}: there is no level at which both are something")
        _require_both_images(one, other)
        if one.is_image and one.path and other.path:
            align(one.path, other.path)
        levels = [level for level in _levels(one, other, options) if level]
    notes = tuple(side.note for side in (one, other) if side.note)
    return Report(first=first, second=second, levels=tuple(levels), notes=notes)


def _require_both_images(one: Operand, other: Operand) -> None:
    """Refuse an image beside what is none: from here on, one operand tells of both."""
    if one.is_image != other.is_image:
        image, none = (one, other) if one.is_image else (other, one)
        raise InputError(
            f"{image.name} is an image, and {none.name} is none that can be read; "
            "`harness image ENV` prints where an environment's image is"
        )


def _comparable(one: Operand, other: Operand) -> bool:
    pairs = ((one.lock, other.lock), (one.derivation, other.derivation))
    return any(_trees(one, other)) or any(all(both) for both in pairs)


def _levels(one: Operand, other: Operand, options: Options) -> Iterator[Level | None]:
    decoded = [_lock_level(one, other), _statement_level(one, other, options)]
    yield from decoded
    if one.derivation and other.derivation:
        yield _derivation_level(one.derivation, other.derivation)
    if one.outputs and other.outputs and one.outputs != other.outputs:
        yield compare_closures(_closure(one.outputs), _closure(other.outputs))
    if one.is_image and one.path and other.path:
        first = LaidOut(name=one.name, path=one.path)
        second = LaidOut(name=other.name, path=other.path)
        yield from compare_images(first, second, options.limit)
    for ours, theirs in _trees(one, other):
        READERS.warm()
        stored = ours.is_relative_to(nix.STORE) or theirs.is_relative_to(nix.STORE)
        strict = not (stored or one.is_image)
        different = compare_trees(ours, theirs, PERMISSIONS if strict else EXECUTABLE)
        yield _tree_level(different)
        if not any(decoded):
            yield _file_level(ours, theirs, different, options, is_image=one.is_image)
        if options.diffoscope and different:
            yield _diffoscope_level(ours, theirs)


def _trees(one: Operand, other: Operand) -> Iterator[tuple[Path, Path]]:
    """Yield what can be held against each other on disk: two paths, or outputs of one name."""
    if one.path or other.path:
        ours, theirs = one.path or _only(one), other.path or _only(other)
        if ours and theirs:
            yield ours, theirs
        return
    for name in sorted(one.outputs.keys() & other.outputs.keys()):
        yield Path(one.outputs[name]), Path(other.outputs[name])


def _only(side: Operand) -> Path | None:
    return Path(*side.outputs.values()) if len(side.outputs) == 1 else None


def _lock_level(one: Operand, other: Operand) -> Level | None:
    if not one.lock or not other.lock:
        return None
    items = compare_locks(one.lock, other.lock)
    if one.spec and other.spec:
        asked = compare_requirements(one.spec, other.spec)
        items = [*asked, *(item for item in items if item.subject != "env.toml")]
    return _level("lock", summary(items), items)


def _statement_level(one: Operand, other: Operand, options: Options) -> Level | None:
    if not one.statements or not other.statements:
        return None
    items = compare_bundles(one.statements, other.statements, options.limit)
    return _level("statement", f"{len(items)} differences; signatures are not checked", items)


def _level(name: str, summary: str, items: Sequence[Item]) -> Level | None:
    return Level(name=name, summary=summary, items=tuple(items)) if items else None


def _derivation_level(first: str, second: str) -> Level | None:
    found = compare_graphs(first, second, cache(read_derivation))
    counted = f"{found.changed} changed by themselves, {found.followers} only because of those"
    return _level("derivation", counted, found.roots)


def _closure(outputs: Mapping[str, str]) -> Closure:
    tops = list(outputs.values())
    sizes = nix.nar_sizes(nix.requisites(tops))
    return Closure(tops=tops, references=nix.references(tops), sizes=sizes)


def _tree_level(different: Sequence[Different]) -> Level | None:
    items = [
        Item(
            subject=spelled_name(one.path),
            field=one.kind,
            first=spelled_name(one.first),
            second=spelled_name(one.second),
        )
        for one in different
        if one.kind != _TARGET or masked(one.first) != masked(one.second)
    ]
    followed = len(different) - len(items)
    links = f", {followed} links lead to another store path of the same name" if followed else ""
    return _level("tree", f"{len(items)} paths differ{links}", items)


def _file_level(
    first: Path,
    second: Path,
    different: Sequence[Different],
    options: Options,
    *,
    is_image: bool,
) -> Level | None:
    files = [one.path for one in different if one.kind == _CONTENT]
    until, items, count = time.monotonic() + _SECONDS, list[Item](), 0
    for path in islice(files, options.limit):
        left = until - time.monotonic()
        if left <= 0:
            break
        count += 1
        found = _explained(first, second, path, options.limit, left)
        told = (change for change in found if not (is_image and _is_setting(change.place)))
        items += (_changed(path, change) for change in told)
    return _level("file", f"{count} of {len(files)} differing files explained", items)


def _is_setting(place: Place) -> bool:
    """Return whether a place is in what other levels say of an image, and hide secrets of."""
    return any(step == Step(At.OCI, "config") and key in _SETTINGS for step, key in pairwise(place))


def _explained(first: Path, second: Path, path: str, most: int, seconds: float) -> Sequence[Change]:
    ours, theirs = (root if path == "." else root / path for root in (first, second))
    name = ours.name if path == "." else path
    with explained(ours):
        return READERS.explained(name, (ours, theirs), most, seconds).changes


def _changed(path: str, change: Change) -> Item:
    return Item(
        subject=spelled_name(path),
        field=worded(change.place),
        first=change.texts[0],
        second=change.texts[1],
        offset=change.offset,
    )


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
