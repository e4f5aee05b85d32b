"""Run the search for causes: rebuild as it plans, compare trees, take evidence from the bytes.

Trees are compared on disk and read by mapping them into memory, so that large outputs cost little.
"""

import mmap
import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from harness.adapters import trees
from harness.core.cause import Cause, Evidence
from harness.core.comparison import ONLY_FIRST, ONLY_REBUILT, compare, divergence
from harness.core.diagnose import FAILURE, Key, Outcome, Plan, Search
from harness.core.factor import NAMES
from harness.core.formats import registry
from harness.core.formats.change import Change, Content
from harness.core.nar import Regular
from harness.core.recognise import Span, instability, is_environment_dump, suspects
from harness.core.remedy import advice
from harness.core.verdict import Divergence

Trees = Mapping[str, str]
"""The path of each output's tree."""
Rebuild = Callable[[Plan], Trees | None]
"""Returns the trees of a rebuild, or None if the builder failed."""

_MOST_EVIDENCE = 5
_MOST_CHANGES = 200
_MOST_FILES_READ = 300
_MOST_SUSPECTED = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The causes of each output's differences, and the files that none of them moves."""

    causes: Mapping[str, tuple[Cause, ...]] = field(default_factory=dict)
    unexplained: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rebuilds: int = 0


def diagnose(
    first: Trees,
    moved: Trees | None,
    *,
    rebuild: Rebuild,
    factors: Collection[str],
    budget_seconds: float,
) -> Diagnosis:
    """Find why a build (`first`) and its rebuild with all factors moved differ.

    `moved` is None if the builder failed then. The search ends after `budget_seconds`, with what
    it has found by then.

    Raises:
        ToolError: Nix could not work, or a tree cannot be read.

    """
    run = _Run(rebuild=rebuild, until=time.monotonic() + budget_seconds)
    keys = [FAILURE] if moved is None else list(_changed(first, moved))
    hints = {} if moved is None else _hints(first, moved, keys)
    search = Search(keys, factors, hints)
    run.go(search)
    return run.diagnosis(search, keys)


def _hints(first: Trees, moved: Trees, keys: Iterable[Key]) -> dict[Key, list[str]]:
    return {
        key: suspects(_changes(first, moved, key, _MOST_SUSPECTED))
        for key in islice(keys, _MOST_FILES_READ)
    }


@dataclass(slots=True, kw_only=True)
class _Run:
    """The rebuilds of one search. `reference` is the first one, with everything pinned."""

    rebuild: Rebuild
    until: float
    rebuilds: int = 0
    reference: Trees = field(default_factory=dict)
    again: Trees = field(default_factory=dict)
    masks: dict[Key, frozenset[str]] = field(default_factory=dict)
    alone: dict[Plan, Trees] = field(default_factory=dict)
    spans: list[float] = field(default_factory=list)

    def go(self, search: Search) -> None:
        """Run what the search plans until it ends or the time is over."""
        steps = search.steps()
        outcome: Outcome | None = None
        while time.monotonic() < self.until:
            try:
                plan = next(steps) if outcome is None else steps.send(outcome)
            except StopIteration:
                return
            outcome = self._outcome(plan)

    def _outcome(self, plan: Plan) -> Outcome:
        found = self.rebuild(plan)
        self.rebuilds += 1
        self.spans.append(time.time())
        if found is None:
            return Outcome(failed=True)
        if not self.reference:
            self.reference = found
            return Outcome()
        changed = frozenset(
            key for key in _changed(self.reference, found) if self._counts(key, found)
        )
        if not plan.moved:
            self.again = found
            self.masks = {key: self._fields(key, found) for key in changed}
        if len(plan.moved) == 1 or changed:
            self.alone[plan] = found
        return Outcome(changed=changed)

    def _counts(self, key: Key, found: Trees) -> bool:
        """Tell whether more of a file changed than what varies with everything pinned."""
        return key not in self.masks or bool(self._fields(key, found) - self.masks[key])

    def _fields(self, key: Key, found: Trees) -> frozenset[str]:
        changes = _changes(self.reference, found, key, _MOST_CHANGES)
        return frozenset(change.field for change in changes)

    def diagnosis(self, search: Search, keys: Collection[Key]) -> Diagnosis:
        """Return what was found, the cause of most files first."""
        found = search.found
        known: dict[str, list[Cause]] = {}
        ranked = sorted(found.causes.items(), key=lambda item: -len(item[1]))
        for names, moved in ranked:
            plan = found.plans[names]
            trees_of = self.alone.get(plan)
            for output in sorted({output for output, _ in moved}):
                own = sorted(key for key in moved if key[0] == output)
                known.setdefault(output, []).append(self._cause(names, own, trees_of))
        for kind, own in self._unstable(found.unstable).items():
            known.setdefault(kind[0], []).append(self._unstable_cause(kind[1], own))
        missed: dict[str, list[str]] = {}
        for output, path in found.unexplained(keys):
            missed.setdefault(output, []).append(path)
        return Diagnosis(
            causes={output: tuple(causes) for output, causes in known.items()},
            unexplained={output: tuple(paths) for output, paths in missed.items()},
            rebuilds=self.rebuilds,
        )

    def _cause(self, names: frozenset[str], keys: list[Key], moved: Trees | None) -> Cause:
        ordered = [name for name in NAMES if name in names]
        if keys == [FAILURE]:
            said = advice(ordered, ())
            title = f"the builder fails when {' and '.join(ordered)} is moved"
            return Cause(
                factor=" + ".join(ordered), title=title, remedy=said.remedy, files=0, evidence=()
            )
        evidence, changes = self._evidence(keys, moved or {})
        said = advice(ordered, [f"{one.path}: {one.field}" for one in evidence])
        title = "variables of the environment are in the output"
        return Cause(
            factor=" + ".join(ordered),
            title=title if is_environment_dump(changes) else said.title,
            remedy=said.remedy,
            files=len(keys),
            evidence=evidence,
        )

    def _unstable(self, keys: Iterable[Key]) -> dict[tuple[str, str], list[Key]]:
        kinds: dict[tuple[str, str], list[Key]] = {}
        span = Span(
            first=self.spans[0] if self.spans else 0.0, second=self.spans[-1] if self.spans else 0.0
        )
        for key in sorted(keys):
            changes = _changes(self.reference, self.again, key, _MOST_CHANGES)
            kinds.setdefault((key[0], instability(changes, span)), []).append(key)
        return kinds

    def _unstable_cause(self, kind: str, keys: list[Key]) -> Cause:
        evidence, _ = self._evidence(keys, self.again)
        said = advice([kind], [f"{one.path}: {one.field}" for one in evidence])
        return Cause(
            factor=kind, title=said.title, remedy=said.remedy, files=len(keys), evidence=evidence
        )

    def _evidence(self, keys: list[Key], moved: Trees) -> tuple[tuple[Evidence, ...], list[Change]]:
        """Return what shows a cause: a change of each of the first files, then more of the first."""
        every: list[Change] = []
        evidence: list[Evidence] = []
        for key in keys[:_MOST_EVIDENCE]:
            share = max(1, _MOST_EVIDENCE // len(keys))
            changes = _changes(self.reference, moved, key, _MOST_SUSPECTED)
            changes = [
                one for one in changes if one.field not in self.masks.get(key, ())
            ] or changes
            every += changes
            evidence += [
                Evidence(
                    output=key[0],
                    path=key[1],
                    field=change.field,
                    first=change.first,
                    second=change.second,
                    offset=change.offset,
                )
                for change in changes[:share]
            ]
        return tuple(evidence), every


def _changed(first: Trees, second: Trees) -> Iterator[Key]:
    """Yield what differs: files, and directories whose entries do."""
    seen = set()
    for output, path in first.items():
        if output in second and path != second[output]:
            one, other = trees.read(os.fsencode(path)), trees.read(os.fsencode(second[output]))
            for difference in compare(one, other, _divergence):
                key = (output, _place(difference.path, difference.kind))
                if key not in seen:
                    seen.add(key)
                    yield key


def _place(path: str, kind: str) -> str:
    if kind not in {ONLY_FIRST, ONLY_REBUILT}:
        return path
    return f"{path.rpartition('/')[0] or '.'}/"


def _divergence(first: Regular, second: Regular) -> Divergence | None:
    if first.size != second.size:
        return Divergence(offset=0, first=b"", rebuilt=b"")
    return divergence(iter(first.chunks()), iter(second.chunks()))


def _changes(first: Trees, second: Trees, key: Key, most: int) -> list[Change]:
    """Return the first decoded changes of one file; a change of the file itself if it is none."""
    output, path = key
    if output not in first or output not in second:
        return []
    ours, theirs = (Path(tree[output], "" if path == "." else path) for tree in (first, second))
    if path.endswith("/"):
        return [_entries(ours, theirs)]
    if not all(one.is_file() and not one.is_symlink() for one in (ours, theirs)):
        return [Change(field="type or target", first=_kind(ours), second=_kind(theirs))]
    if _is_executable(ours) != _is_executable(theirs):
        modes = (_kind(ours), _kind(theirs))
        return [Change(field="executable permission", first=modes[0], second=modes[1])]
    with _content(ours) as one, _content(theirs) as other:
        _, changes = registry.explain(path, one, other)
        return list(islice(changes, most))


def _entries(ours: Path, theirs: Path) -> Change:
    one, other = ({entry.name for entry in os.scandir(path)} for path in (ours, theirs))
    gone, come = sorted(one - other)[:10], sorted(other - one)[:10]
    return Change(field="entries of the directory", first=" ".join(gone), second=" ".join(come))


def _kind(path: Path) -> str:
    if path.is_symlink():
        return f"link to {path.readlink()}"
    if path.is_dir():
        return "directory"
    return ("executable file" if _is_executable(path) else "file") if path.exists() else "nothing"


def _is_executable(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o100)


@contextmanager
def _content(path: Path) -> Iterator[Content]:
    with path.open("rb") as file:
        if not path.stat().st_size:
            yield b""
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            yield mapped
