"""The main job: rebuild every derivation that harness made and compare bit for bit.

lock fresh -> inputs present and their hashes hold -> build -> contents in the store unchanged ->
each derivation rebuilt under the given conditions -> a verdict per output, one for all.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from harness.adapters import nix, trees, verdicts
from harness.adapters.store import read_derivations
from harness.core.derivation import Derivation
from harness.core.factor import PLAIN, Conditions
from harness.core.lock import Lock
from harness.core.required import Required, required
from harness.core.verdict import OutputResult, Verdict, overall
from harness.errors import BuildFailedError, InputError, IntegrityError
from harness.flows.build import OnProgress, Progress, build, instantiate
from harness.flows.evidence import (
    discard_build_directories,
    keep_difference,
    rebuilt_apart,
)
from harness.flows.freshness import stale_reasons
from harness.flows.inputs import require_inputs
from harness.flows.repository import Environment

_VERIFIED = ("environment", "shell")
_CHUNKS = 4
_LAST_LINES = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was found of one environment, and under which conditions."""

    environment: str
    conditions: Conditions
    nix: str
    results: tuple[OutputResult, ...]

    @property
    def verdict(self) -> Verdict:
        """The gravest of all outputs."""
        return overall(result.verdict for result in self.results)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to verify: `jobs` rebuilds at once; `fresh` ignores what is remembered."""

    conditions: Conditions = PLAIN
    jobs: int = 1
    fresh: bool = False
    keep_going: bool = False


def verify(
    environment: Environment, options: Options, *, system: str, on_progress: OnProgress
) -> Verification:
    """Verify one environment.

    Raises:
        InputError: the lock is missing or stale.
        ToolError: an input is missing, or Nix could not work.
        BuildFailedError: a first build failed and `keep_going` is not set.
        IntegrityError: an input's hash does not hold.

    """
    if reasons := stale_reasons(environment):
        raise InputError(f"{'; '.join(reasons)}: run `harness lock {environment.name}`")
    require_inputs(environment.lock(), system, environment=environment.name)
    _rehash_inputs(environment.lock(), system)
    failed: list[OutputResult] = []
    try:
        built = build(
            environment, _VERIFIED, system=system, jobs=options.jobs, on_progress=on_progress
        )
        tops = built.derivations
    except BuildFailedError as error:
        if not options.keep_going:
            raise
        tops = tuple(instantiate(environment, _VERIFIED, system=system))
        failed = _all(tops[0], {"out": ""}, Verdict.BUILD_FAILED, str(error))
    evidence = environment.repository / ".harness" / "differences" / environment.name
    results = verify_derivations(tops, options, evidence=evidence, on_progress=on_progress)
    return Verification(
        environment=environment.name,
        conditions=options.conditions,
        nix=nix.version(),
        results=(*failed, *results),
    )


def _rehash_inputs(lock: Lock, system: str) -> None:
    """Compare each input in the store with the lock's own hash of it, whatever Nix recorded."""
    seed = lock.targets[system].seed.nar_sha256

    def holds(need: Required) -> bool:
        if need.is_seed:
            return trees.nar_sha256(need.path) == seed
        return trees.file_sha256(need.path) == need.input.sha256

    needs = required(lock, [system])
    with ThreadPoolExecutor(_CHUNKS) as pool:
        broken = [
            need for need, whole in zip(needs, pool.map(holds, needs), strict=True) if not whole
        ]
    if broken:
        raise IntegrityError(
            f"{broken[0].path}: not the content that the lock names; delete it with "
            "`nix-store --delete --ignore-liveness`, then run `harness fetch`"
        )


def verify_derivations(
    tops: Sequence[str], options: Options, *, evidence: Path, on_progress: OnProgress
) -> list[OutputResult]:
    """Verify every derivation of the closure of `tops` that is a build and not an input.

    Differing trees are kept below `evidence`. Outputs that are not in the store are INCONCLUSIVE.

    Raises:
        ToolError: Nix could not work.

    """
    builds = {
        path: derivation
        for path, derivation in read_derivations(nix.requisites(tops)).items()
        if not derivation.is_fixed
    }
    paths = [output.path for one in builds.values() for output in one.outputs.values()]
    known = [path for path in paths if path]
    invalid = set(nix.invalid_paths(known))
    present = [path for path in known if path not in invalid]
    with ThreadPoolExecutor(_CHUNKS) as pool:
        broken = {p for found in pool.map(nix.modified, _chunks(present)) for p in found}
    store = _Store(hashes=nix.nar_hashes(present) if present else {}, broken=frozenset(broken))
    run = _Run(options=options, store=store, evidence=evidence)
    results: list[OutputResult] = []
    with ThreadPoolExecutor(options.jobs) as pool:
        try:
            for count, found in enumerate(pool.map(run.judge, builds, builds.values()), 1):
                results += found
                name = found[0].derivation.partition("-")[2].removesuffix(".drv")
                on_progress(Progress(begun=count, planned=len(builds), name=name))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return results


@dataclass(frozen=True, slots=True, kw_only=True)
class _Store:
    """What the store holds of the outputs: recorded hashes, and the paths that belie theirs."""

    hashes: Mapping[str, str]
    broken: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    options: Options
    store: _Store
    evidence: Path

    def judge(self, path: str, derivation: Derivation) -> list[OutputResult]:
        """Return a verdict for each output of one derivation."""
        outputs = {name: output.path for name, output in derivation.outputs.items()}
        say = partial(_all, path, outputs)
        if derivation.is_content_addressed:
            return say(Verdict.INCONCLUSIVE, "content-addressed: its name says what it holds")
        if missing := [p for p in outputs.values() if p not in self.store.hashes]:
            return say(Verdict.INCONCLUSIVE, f"not in the store: {missing[0]}")
        if changed := [p for p in outputs.values() if p in self.store.broken]:
            return say(
                Verdict.CORRUPT,
                f"{changed[0]} no longer has the content that was built; delete it with "
                "`nix-store --delete --ignore-liveness` and build again",
            )
        hashes = {p: self.store.hashes[p] for p in outputs.values()}
        conditions = self.options.conditions
        if not self.options.fresh and (when := verdicts.recall(path, hashes, conditions)):
            return say(Verdict.SAME, verified_at=when, remembered=True)
        results = self._rebuild(path, derivation, outputs)
        if all(result.verdict is Verdict.SAME for result in results):
            verdicts.remember(path, hashes, conditions, results[0].verified_at)
        return results

    def _rebuild(
        self, path: str, derivation: Derivation, outputs: Mapping[str, str]
    ) -> list[OutputResult]:
        rebuilt, when = nix.rebuild(path), datetime.now(UTC).isoformat(timespec="seconds")
        discard_build_directories(rebuilt.built_in)
        say = partial(_all, path, outputs, verified_at=when)
        if refused := sorted({"sandbox", "sandbox-fallback"} & {*nix.refused(rebuilt.stderr)}):
            said = f"Nix's daemon does not let this user set {', '.join(refused)}"
            return say(Verdict.INCONCLUSIVE, said)
        if rebuilt.differs:
            return self._different(path, derivation, outputs, when)
        said = "\n".join(rebuilt.stderr.strip().splitlines()[-_LAST_LINES:])
        if rebuilt.failed:
            return say(Verdict.FAILS_REBUILT, said)
        return say(Verdict.INCONCLUSIVE, said) if rebuilt.status != 0 else say(Verdict.SAME)

    def _different(
        self, path: str, derivation: Derivation, outputs: Mapping[str, str], when: str
    ) -> list[OutputResult]:
        """Keep and compare the trees; Nix itself stops at the first output that differs."""
        if len(outputs) == 1:
            found = {name: Path(f"{output}.check") for name, output in outputs.items()}
            return [
                self._compared(path, name, outputs[name], at, when) for name, at in found.items()
            ]
        with rebuilt_apart(path, derivation) as root:
            if root is None:
                said = "a sibling output differs, and the rebuild of all outputs failed"
                return _all(path, outputs, Verdict.INCONCLUSIVE, said, verified_at=when)
            return [
                self._compared(path, name, output, root / output.lstrip("/"), when)
                for name, output in outputs.items()
            ]

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


def _chunks(paths: Sequence[str]) -> Iterator[Sequence[str]]:
    """Split so that processes share the rehashing of large and small paths alike."""
    return (part for part in (paths[start::_CHUNKS] for start in range(_CHUNKS)) if part)
