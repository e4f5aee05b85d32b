"""Rebuild derivations, whatever made them, and judge each of their outputs.

What is made of what was found stands in `harness.verify.core.judgement`.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from harness.build.realise import OnProgress, Progress
from harness.errors import ToolError
from harness.store.builds import rebuilding
from harness.store.contents import inspect
from harness.store.core.building import Rebuilt, Under
from harness.store.core.contents import Contents
from harness.store.core.derivation import Derivation
from harness.store.derivations import only_derivations
from harness.verdict import Verdict
from harness.verify import memory
from harness.verify.core import judgement
from harness.verify.core.factors.conditions import Reach, unreached
from harness.verify.core.factors.rows import registered
from harness.verify.core.factors.setting import Crowd
from harness.verify.core.judgement import every, paths
from harness.verify.core.remembered import Remembered, Subject
from harness.verify.core.verdict import OutputResult
from harness.verify.kept_trees import keep_difference, rebuilt_apart
from harness.verify.perturb import Perturber, Setup, rebuilt_to_its_end


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to verify: `jobs` rebuilds at once; `fresh` ignores what is remembered.

    `factors` are those to move, none for a plain rebuild. What differs is searched for its cause
    for `budget` seconds a derivation. `alone` verifies the given derivations without those that
    they are built from; `keep_going` what there is, though a first build fails.
    """

    jobs: int = 1
    fresh: bool = False
    factors: frozenset[str] = field(default_factory=lambda: frozenset(registered().names))
    budget: float = 600.0
    alone: bool = False
    keep_going: bool = False


def verify_derivations(
    tops: Sequence[str],
    options: Options,
    *,
    setup: Setup,
    kept_below: Path,
    on_progress: OnProgress = lambda _: None,
) -> list[OutputResult]:
    """Verify every derivation of the closure of `tops` that is a build and not an input.

    Rebuilt trees that differ are kept in `kept_below`. Outputs that are not in the store are
    INCONCLUSIVE.

    Raises:
        ToolError: Nix could not work.
        IntegrityError: a derivation cannot be read.

    """
    store = setup.world.store
    closure = store.requisites(tops)
    derivations = only_derivations(closure, store.derivation)
    wanted = set(tops) if options.alone else derivations.keys()
    builds = {path: one for path, one in derivations.items() if path in wanted and not one.is_fixed}
    outputs = [path for one in builds.values() for path in paths(one).values() if path]
    contents = inspect(closure, outputs, store, setup.rehashed)
    run = _Run(
        options=options,
        setup=setup,
        kept_below=kept_below,
        contents=contents,
        perturber=Perturber(setup, jobs=options.jobs),
        begun=setup.world.clock.now(),
    )
    judged = run.judged(builds, on_progress)
    sources = [judgement.corrupt_source(path) for path in closure if path in contents.broken]
    return [*sources, *(_completed(one, contents, derivations, tops) for one in judged)]


def _completed(
    result: OutputResult,
    contents: Contents,
    derivations: Mapping[str, Derivation],
    tops: Sequence[str],
) -> OutputResult:
    networked = judgement.networked_inputs(
        derivations, result.derivation, all_steps=result.derivation in tops
    )
    return replace(result, nar_hash=contents.hashes.get(result.path, ""), networked=networked)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One verification of derivations."""

    options: Options
    setup: Setup
    kept_below: Path
    contents: Contents
    perturber: Perturber
    begun: datetime

    def judged(
        self, builds: Mapping[str, Derivation], on_progress: OnProgress
    ) -> list[OutputResult]:
        """Judge derivations, some of them at once, and return their results in order."""
        found = {path: self._without_rebuild(path, one) for path, one in builds.items()}
        rest = [path for path, results in found.items() if results is None]
        refused = self.setup.world.store.refused(rest[0]) if rest else []
        with ThreadPoolExecutor(self.options.jobs) as pool:
            try:
                judge = partial(self._judge, refused=refused)
                judged = pool.map(judge, rest, [builds[path] for path in rest])
                for count, (path, results) in enumerate(zip(rest, judged, strict=True), 1):
                    found[path] = results
                    name = path.partition("-")[2].removesuffix(".drv")
                    on_progress(Progress(begun=count, planned=len(rest), name=name))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return [result for results in found.values() for result in results or ()]

    @property
    def _moved_factors(self) -> frozenset[str]:
        return self.setup.conditions.moved

    def _without_rebuild(self, path: str, derivation: Derivation) -> list[OutputResult] | None:
        """Return the verdicts that need no rebuild, or None."""
        if found := judgement.without_rebuild(path, derivation, self.contents):
            return found
        past = self._past(path, derivation)
        if found := judgement.recalled(path, derivation, past, self._moved_factors):
            return found
        return judgement.beside_corrupt(path, derivation) if self.contents.broken else None

    def _judge(
        self, path: str, derivation: Derivation, *, refused: Sequence[str]
    ) -> list[OutputResult]:
        """Rebuild and return the verdicts; `refused` are options that Nix would not take."""
        if refused:
            return judgement.refused(path, derivation, refused)
        past = self._past(path, derivation)
        try:
            found, reach = self._rebuild(path, derivation)
        except ToolError as error:
            return judgement.could_not(path, derivation, error)
        results = judgement.not_unsaid(found, past)
        if remembered := judgement.to_remember(results, reach):
            memory.remember(self._subject(path, derivation), remembered)
        return results

    def _subject(self, path: str, derivation: Derivation) -> Subject:
        hashes = {output: self.contents.hashes[output] for output in paths(derivation).values()}
        conditions = self.setup.conditions
        return Subject(derivation=path, nar_hashes=hashes, conditions=conditions)

    def _past(self, path: str, derivation: Derivation) -> Remembered | None:
        return None if self.options.fresh else memory.recall(self._subject(path, derivation))

    def _rebuild(self, path: str, derivation: Derivation) -> tuple[list[OutputResult], Reach]:
        results, reach = self._moved(path, derivation)
        alone = [None] if self._waits_a_minute(results, reach) else []
        for crowd in self.perturber.crowds(reach) or alone:
            if judgement.are_same(results):
                results, again = self._moved(path, derivation, crowd=crowd)
                reach = reach.with_(again)
        missed = unreached(self._moved_factors, reach)
        results = [replace(result, unreached=missed) for result in results]
        return self._explained(path, derivation, results), reach

    def _explained(
        self, path: str, derivation: Derivation, results: list[OutputResult]
    ) -> list[OutputResult]:
        if not self._moved_factors:
            return results
        from harness.verify.explain import explain  # noqa: PLC0415 - slow, and few differ

        try:
            return explain(path, derivation, results, self.perturber, self.options.budget)
        except ToolError as error:
            return judgement.unexplained(results, error)

    def _moved(
        self, path: str, derivation: Derivation, *, crowd: Crowd | None = None
    ) -> tuple[list[OutputResult], Reach]:
        outputs = paths(derivation)
        moving = self.perturber.moving(derivation, crowd=crowd)
        store, clock = self.setup.world.store, self.setup.world.clock
        with rebuilding(outputs.values()), moving as prepared:
            rebuilt = rebuilt_to_its_end(path, outputs.values(), prepared, store)
            when = clock.now().isoformat(timespec="seconds")
            return self._judged(path, outputs, rebuilt, prepared.under, when), prepared.reach()

    def _waits_a_minute(self, results: Sequence[OutputResult], reach: Reach) -> bool:
        """Wait, where that may show something, until the real clock has moved."""
        clock = self.setup.world.clock
        rest = judgement.another_minute(self._moved_factors, reach, self.begun, clock.now())
        if rest is None or not judgement.are_same(results):
            return False
        clock.sleep(rest.total_seconds())
        return True

    def _judged(
        self, path: str, outputs: Mapping[str, str], rebuilt: Rebuilt, under: Under, when: str
    ) -> list[OutputResult]:
        if not rebuilt.differs:
            ended = rebuilt.status, rebuilt.failed, rebuilt.said
            return judgement.without_difference(path, outputs, ended, when)
        kept = rebuilt.differing
        results = {
            name: self._kept(path, name, output, Path(kept[output]), when)
            for name, output in outputs.items()
            if output in kept
        }
        others = {name: output for name, output in outputs.items() if name not in results}
        results |= self._apart(path, others, under, when) if others else {}
        return judgement.of_different(path, outputs, results, when)

    def _kept(self, path: str, name: str, output: str, again: Path, when: str) -> OutputResult:
        """Take the tree that Nix kept, which differs whether or not we can read it."""
        try:
            result = self._compared(path, name, output, again, when)
        except ToolError as error:
            said = f"the rebuilt tree could not be kept: {error}"
            (result,) = every(path, {name: output}, Verdict.DIFFERENT, said, verified_at=when)
        self.setup.world.store.discard(again)
        return result

    def _apart(
        self, path: str, outputs: Mapping[str, str], under: Under, when: str
    ) -> dict[str, OutputResult]:
        """Judge outputs by another rebuild, in a store of its own where all of them stay."""
        try:
            with rebuilt_apart(path, under, self.setup.world.store) as root:
                return {
                    name: self._compared(path, name, output, root / output.lstrip("/"), when)
                    for name, output in outputs.items()
                }
        except ToolError as error:
            said = f"another output differs, and all of them could not be rebuilt apart: {error}"
            found = every(path, outputs, Verdict.INCONCLUSIVE, said, verified_at=when)
            return {result.output: result for result in found}

    def _compared(self, path: str, name: str, output: str, again: Path, when: str) -> OutputResult:
        store = self.setup.world.store
        differences, kept = keep_difference(output, again, self.kept_below, store)
        return OutputResult(
            derivation=path,
            output=name,
            path=output,
            verdict=Verdict.DIFFERENT if differences else Verdict.SAME,
            verified_at=when,
            differences=differences,
            trees=(output, kept) if kept else None,
        )
