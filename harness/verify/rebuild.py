"""Rebuild derivations, whatever made them, and judge each of their outputs.

Rules: an output is SAME only if a rebuild under the stated conditions gave the same bytes and the
store still holds them; once it was seen to differ under them, a later agreement does not unsay it.
"""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from harness.build.realise import OnProgress, Progress
from harness.errors import ToolError
from harness.host import processors
from harness.store import builds, nix, trees
from harness.store.core.derivation import Derivation
from harness.store.core.storepath import base32
from harness.store.derivations import read_derivations
from harness.verdict import Verdict
from harness.verify import memory
from harness.verify.core.factor import NAMES, Conditions, Crowd, Reach, unreached
from harness.verify.core.remembered import Remembered, Subject
from harness.verify.core.verdict import OutputResult
from harness.verify.explain import explain
from harness.verify.kept_trees import keep_difference, rebuilt_apart
from harness.verify.perturb import Means, Perturber, rebuilt_to_its_end

_LAST_LINES = 15
_MINUTE = timedelta(seconds=61)
"""From the beginning of a minute to the second second of the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to verify: `jobs` rebuilds at once; `fresh` ignores what is remembered.

    `factors` are those to move, none for a plain rebuild. What differs is searched for its cause
    for `budget` seconds a derivation. `alone` verifies the given derivations without those that
    they are built from.
    """

    jobs: int = 1
    fresh: bool = False
    factors: frozenset[str] = frozenset(NAMES)
    budget: float = 600.0
    alone: bool = False


def verify_derivations(
    tops: Sequence[str],
    options: Options,
    *,
    means: Means,
    evidence: Path,
    on_progress: OnProgress = lambda _: None,
) -> list[OutputResult]:
    """Verify every derivation of the closure of `tops` that is a build and not an input.

    Rebuilt trees that differ are kept below `evidence`. Outputs that are not in the store are
    INCONCLUSIVE.

    Raises:
        ToolError: Nix could not work.
        IntegrityError: a derivation cannot be read.

    """
    closure = nix.requisites(tops)
    derivations = read_derivations(closure)
    wanted = set(tops) if options.alone else derivations.keys()
    builds = {path: one for path, one in derivations.items() if path in wanted and not one.is_fixed}
    outputs = [path for one in builds.values() for path in _paths(one).values() if path]
    store = _inspect(closure, outputs)
    run = _Run(
        options=options,
        conditions=means.conditions,
        evidence=evidence,
        store=store,
        perturber=Perturber(means, jobs=options.jobs),
        begun=datetime.now(UTC),
    )
    found = {path: run.without_rebuild(path, one) for path, one in builds.items()}
    rest = [path for path, results in found.items() if results is None]
    refused = nix.refused(rest[0]) if rest else []
    with ThreadPoolExecutor(options.jobs) as pool:
        try:
            judged = pool.map(
                partial(run.judge, refused=refused), rest, [builds[path] for path in rest]
            )
            for count, (path, results) in enumerate(zip(rest, judged, strict=True), 1):
                found[path] = results
                name = path.partition("-")[2].removesuffix(".drv")
                on_progress(Progress(begun=count, planned=len(rest), name=name))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    sources = [_corrupt_source(path) for path in closure if path in store.broken]
    judgements = (result for results in found.values() for result in results or ())
    return [
        *sources,
        *(
            replace(
                one,
                nar_hash=store.hashes.get(one.path, ""),
                networked=networked_inputs(
                    derivations, one.derivation, all_steps=one.derivation in tops
                ),
            )
            for one in judgements
        ),
    ]


def networked_inputs(
    derivations: Mapping[str, Derivation], path: str, *, all_steps: bool
) -> tuple[str, ...]:
    """Return what a derivation is made of, directly or in all, whose builders have a network."""
    reached, waiting = {path}, [path]
    while waiting:
        found = derivations.get(waiting.pop())
        new = found.inputs.keys() - reached if found else frozenset[str]()
        reached |= new
        waiting += new if all_steps else ()
    return tuple(
        sorted(one for one in reached & derivations.keys() if derivations[one].has_network)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Store:
    """What the store holds of some paths: recorded hashes, and the paths that belie theirs."""

    hashes: Mapping[str, str]
    broken: frozenset[str]


def _inspect(closure: Sequence[str], outputs: Sequence[str]) -> _Store:
    """Rehash a closure of derivations with their sources, and what is there of their outputs."""
    invalid = set(nix.invalid_paths(outputs)) if outputs else set()
    present = [*closure, *(path for path in outputs if path not in invalid)]
    with ThreadPoolExecutor(2) as pool:
        hashes, sizes = pool.submit(nix.nar_hashes, present), pool.submit(nix.nar_sizes, present)
    return _Store(hashes=hashes.result(), broken=_broken(hashes.result(), sizes.result()))


def _broken(hashes: Mapping[str, str], sizes: Mapping[str, int]) -> frozenset[str]:
    """Rehash paths by Nix, and where it finds fault by ourselves, to tell which."""
    batches = _shared(sizes, processors.cpus())
    with ThreadPoolExecutor(len(batches)) as pool:
        checked = zip(batches, pool.map(nix.holds, batches), strict=True)
        suspects = [path for batch, whole in checked if not whole for path in batch]
    return frozenset(path for path in suspects if not _is_whole(path, hashes[path]))


def _shared(sizes: Mapping[str, int], count: int) -> list[list[str]]:
    """Share paths among at most `count` batches of about the same size, the largest first."""
    batches: list[list[str]] = [[] for _ in range(count)]
    loads = [0] * count
    for path in sorted(sizes, key=lambda path: (-sizes[path], path)):
        least = loads.index(min(loads))
        batches[least].append(path)
        loads[least] += sizes[path]
    return [batch for batch in batches if batch]


def _is_whole(path: str, recorded: str) -> bool:
    try:
        digest = bytes.fromhex(trees.nar_sha256(path))
    except ToolError:
        return False
    return recorded == f"sha256:{base32(digest)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One verification of derivations."""

    options: Options
    conditions: Conditions
    evidence: Path
    store: _Store
    perturber: Perturber
    begun: datetime

    def without_rebuild(self, path: str, derivation: Derivation) -> list[OutputResult] | None:
        """Return the verdicts that need no rebuild, or None."""
        say = partial(_all, path, _paths(derivation))
        outputs = _paths(derivation).values()
        if derivation.is_floating:
            return say(Verdict.INCONCLUSIVE, "its output paths are known only after a build")
        if missing := [p for p in outputs if p not in self.store.hashes]:
            return say(Verdict.INCONCLUSIVE, f"not in the store: {missing[0]}")
        if changed := [p for p in outputs if p in self.store.broken]:
            return say(
                Verdict.CORRUPT,
                f"{changed[0]} no longer has the content that was built; mend it with "
                f"`harness build --repair {path}`",
            )
        past = self._past(path, derivation)
        if past and past.is_same:
            missed = unreached(self.conditions.moved, past.reach)
            return say(Verdict.SAME, verified_at=past.when, remembered=True, unreached=missed)
        if self.store.broken:
            said = "not rebuilt, for the store holds corrupt content: mend that first"
            return say(Verdict.INCONCLUSIVE, said)
        return None

    def judge(
        self, path: str, derivation: Derivation, *, refused: Sequence[str]
    ) -> list[OutputResult]:
        """Rebuild and return the verdicts; `refused` are options that Nix would not take."""
        if refused:
            return _all(
                path,
                _paths(derivation),
                Verdict.INCONCLUSIVE,
                f"Nix's daemon does not let this user set {', '.join(refused)}, so the rebuild "
                "might not be hermetic; add the user to `trusted-users` in nix.conf",
            )
        past = self._past(path, derivation)
        try:
            found, reach = self._rebuild(path, derivation)
        except ToolError as error:
            said = f"it could not be rebuilt: {error}"
            return _all(path, _paths(derivation), Verdict.INCONCLUSIVE, said)
        results = [_not_unsaid(result, past) for result in found]
        _remember(self._subject(path, derivation), results, reach)
        return results

    def _subject(self, path: str, derivation: Derivation) -> Subject:
        hashes = {output: self.store.hashes[output] for output in _paths(derivation).values()}
        return Subject(derivation=path, nar_hashes=hashes, conditions=self.conditions)

    def _past(self, path: str, derivation: Derivation) -> Remembered | None:
        return None if self.options.fresh else memory.recall(self._subject(path, derivation))

    def _rebuild(self, path: str, derivation: Derivation) -> tuple[list[OutputResult], Reach]:
        results, reach = self._moved(path, derivation)
        alone = [None] if self._needs_another_minute(results, reach) else []
        for crowd in self.perturber.crowds(reach) or alone:
            if _are_same(results):
                results, again = self._moved(path, derivation, crowd=crowd)
                reach = reach.with_(again)
        missed = unreached(self.conditions.moved, reach)
        results = [replace(result, unreached=missed) for result in results]
        return self._explained(path, derivation, results), reach

    def _explained(
        self, path: str, derivation: Derivation, results: list[OutputResult]
    ) -> list[OutputResult]:
        if not self.conditions.moved:
            return results
        try:
            return explain(path, derivation, results, self.perturber, self.options.budget)
        except ToolError as error:
            said = f"the search for its cause ended early: {error}"
            return [
                result
                if result.verdict is Verdict.SAME or result.reason
                else replace(result, reason=said)
                for result in results
            ]

    def _moved(
        self, path: str, derivation: Derivation, *, crowd: Crowd | None = None
    ) -> tuple[list[OutputResult], Reach]:
        outputs = _paths(derivation)
        moving = self.perturber.moving(derivation, crowd=crowd)
        with builds.rebuilding(outputs.values()), moving as prepared:
            rebuilt = rebuilt_to_its_end(path, outputs.values(), prepared)
            when = datetime.now(UTC).isoformat(timespec="seconds")
            return self._judged(path, outputs, rebuilt, prepared.under, when), prepared.reach()

    def _needs_another_minute(self, results: Sequence[OutputResult], reach: Reach) -> bool:
        """Wait, where the shim did not move some program's clock, until the real one has moved."""
        if "clock" not in self.conditions.moved or reach.is_whole:
            return False
        passed = datetime.now(UTC) - self.begun.replace(second=0, microsecond=0)
        if passed >= _MINUTE or not _are_same(results):
            return False
        time.sleep((_MINUTE - passed).total_seconds())
        return True

    def _judged(
        self,
        path: str,
        outputs: Mapping[str, str],
        rebuilt: builds.Rebuilt,
        under: builds.Under,
        when: str,
    ) -> list[OutputResult]:
        if rebuilt.differs:
            return self._different(path, outputs, rebuilt.differing, under, when)
        say = partial(_all, path, outputs, verified_at=when)
        said = "\n".join(rebuilt.said.strip().splitlines()[-_LAST_LINES:])
        if rebuilt.failed:
            return say(Verdict.FAILS_REBUILT, said)
        return say(Verdict.SAME) if rebuilt.status == 0 else say(Verdict.INCONCLUSIVE, said)

    def _different(
        self,
        path: str,
        outputs: Mapping[str, str],
        kept: Mapping[str, Path],
        under: builds.Under,
        when: str,
    ) -> list[OutputResult]:
        """Judge all outputs, though Nix stops at the first that differs and keeps that alone."""
        results = {}
        for name, output in outputs.items():
            if output in kept:
                results[name] = self._kept(path, name, output, kept[output], when)
        others = {name: output for name, output in outputs.items() if name not in results}
        results |= self._apart(path, others, under, when) if others else {}
        if all(result.verdict is not Verdict.DIFFERENT for result in results.values()):
            said = "Nix says that an output differs, and no tree shows it"
            return _all(path, outputs, Verdict.DIFFERENT, said, verified_at=when)
        return [results[name] for name in outputs]

    def _kept(self, path: str, name: str, output: str, again: Path, when: str) -> OutputResult:
        """Take the tree that Nix kept, which differs whether or not we can read it."""
        try:
            result = self._compared(path, name, output, again, when)
        except ToolError as error:
            said = f"the rebuilt tree could not be kept: {error}"
            (result,) = _all(path, {name: output}, Verdict.DIFFERENT, said, verified_at=when)
        nix.discard(again)
        return result

    def _apart(
        self, path: str, outputs: Mapping[str, str], under: builds.Under, when: str
    ) -> dict[str, OutputResult]:
        """Judge outputs by another rebuild, in a store of its own where all of them stay."""
        try:
            with rebuilt_apart(path, under) as root:
                return {
                    name: self._compared(path, name, output, root / output.lstrip("/"), when)
                    for name, output in outputs.items()
                }
        except ToolError as error:
            said = f"another output differs, and all of them could not be rebuilt apart: {error}"
            found = _all(path, outputs, Verdict.INCONCLUSIVE, said, verified_at=when)
            return {result.output: result for result in found}

    def _compared(self, path: str, name: str, output: str, again: Path, when: str) -> OutputResult:
        differences, kept = keep_difference(output, again, self.evidence)
        return OutputResult(
            derivation=path,
            output=name,
            path=output,
            verdict=Verdict.DIFFERENT if differences else Verdict.SAME,
            verified_at=when,
            differences=differences,
            trees=(output, kept) if kept else None,
        )


def _are_same(results: Sequence[OutputResult]) -> bool:
    return all(one.verdict is Verdict.SAME for one in results)


def _corrupt_source(path: str) -> OutputResult:
    said = (
        f"{path} no longer has the content that it was made with; remove it with "
        f"`harness build --repair {path}` and run again"
    )
    (result,) = _all(path, {"": path}, Verdict.CORRUPT, said)
    return result


def _paths(derivation: Derivation) -> dict[str, str]:
    return {name: output.path for name, output in derivation.outputs.items()}


def _not_unsaid(result: OutputResult, past: Remembered | None) -> OutputResult:
    if past is None or result.verdict is not Verdict.SAME:
        return result
    if past.verdicts[result.path] is Verdict.SAME:
        return result
    said = f"the same now, but it differed on {past.when} under the same conditions"
    return replace(result, verdict=Verdict.DIFFERENT, reason=f"{said}; --fresh forgets that")


def _remember(subject: Subject, results: Sequence[OutputResult], reach: Reach) -> None:
    found = {result.path: result.verdict for result in results}
    if set(found.values()) <= {Verdict.SAME, Verdict.DIFFERENT}:
        when = results[0].verified_at
        memory.remember(subject, Remembered(when=when, verdicts=found, reach=reach))


def _all(
    path: str, outputs: Mapping[str, str], verdict: Verdict, reason: str = "", **facts: Any
) -> list[OutputResult]:
    """Return one verdict for all outputs of a derivation."""
    return [
        OutputResult(
            derivation=path, output=name, path=output, verdict=verdict, reason=reason, **facts
        )
        for name, output in outputs.items()
    ]
