"""The main job: rebuild every derivation that harness made and compare bit for bit.

lock fresh -> inputs present and their hashes hold -> build -> contents in the store unchanged ->
each derivation rebuilt with the factors moved -> a verdict per output, one for all. Derivations
that harness did not make are built if they are not there, and go the same way from there.
"""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from harness.build.realise import (
    Making,
    OnProgress,
    failed_build,
    instantiate,
    realise,
    reporter,
    verified,
)
from harness.build.toolchain import compiled_derivation, shim
from harness.errors import BuildFailedError, HarnessError, IntegrityError
from harness.fetch.present import changed_inputs, require_inputs
from harness.host.files import state_directory
from harness.lock.core.values import Lock
from harness.lock.freshness import require_fresh
from harness.lock.read import read_lock
from harness.project import workspace
from harness.project.repository import Environment
from harness.store.contents import held, inspect
from harness.store.core.contents import Contents
from harness.store.derivations import only_derivations, read_closure
from harness.store.verbs import Store
from harness.verdict import Verdict
from harness.verify.core.factors.rows import registered
from harness.verify.core.judgement import networked_inputs, paths
from harness.verify.core.verdict import OutputResult, Verification
from harness.verify.perturb import Setup, set_up
from harness.verify.rebuild import Options, verify_derivations
from harness.verify.subjects import Target
from harness.verify.world import THIS_MACHINE, World


def verify(
    environment: Environment,
    options: Options,
    *,
    system: str,
    on_progress: OnProgress = lambda _: None,
    world: World = THIS_MACHINE,
) -> Verification:
    """Verify one environment, and the shim that its factors are moved by.

    Raises:
        InputError: the lock is missing or stale.
        ToolError: an input is missing, or Nix could not work.
        IntegrityError: an input's hash does not hold.

    """
    require_fresh(environment)
    lock, attributes, store = read_lock(environment), verified(environment), world.store
    with ThreadPoolExecutor(4) as aside:
        before = aside.submit(held, _roots(environment), store)
        rehashed = aside.submit(lambda: inspect(before.result(), [], store))
        prepared = aside.submit(_set_up, options, system, world)
        checked = aside.submit(_check_inputs, lock, system, environment.name, store)
        tops = instantiate(environment, attributes, system=system, store=store)
        setup = prepared.result()
        shims = [compiled_derivation("shim", system, store)] if setup.shim else []
        rest = aside.submit(_inspect_rest, [*tops, *shims], before.result(), store)
    checked.result()
    setup = replace(setup, rehashed=rehashed.result().with_(rest.result()))
    making = Making(jobs=options.jobs, on_progress=on_progress, store=store)
    first = _Begun(
        name=environment.name,
        tops=[*tops, *shims],
        kept_below=environment.kept_below,
        failure=_failure(environment, dict(zip(attributes, tops, strict=True)), making, system),
    )
    return _verified(first, options, setup, on_progress)


def verify_foreign(
    target: Target,
    options: Options,
    *,
    system: str,
    on_progress: OnProgress = lambda _: None,
    world: World = THIS_MACHINE,
) -> Verification:
    """Verify derivations that harness did not make.

    Outputs that are missing are built first, or substituted as this machine's Nix is set up to do.

    Raises:
        ToolError: Nix could not work.
        IntegrityError: a derivation cannot be read.

    """
    setup, tops, store = _set_up(options, system, world), target.derivations, world.store
    completed = store.realise_foreign(tops, on_begun=reporter(on_progress), jobs=options.jobs)
    failed = failed_build(completed, store) if completed.status != 0 else None
    if failed and not isinstance(failed, BuildFailedError):
        raise failed
    first = _Begun(
        name=target.name,
        tops=tops,
        kept_below=state_directory() / "differences",
        failure=None if failed is None else str(failed),
    )
    return _verified(first, replace(options, keep_going=False), setup, on_progress)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """What is to be verified once it is built, and how its first build failed, if it did."""

    name: str
    tops: Sequence[str]
    kept_below: Path
    failure: str | None


def _roots(environment: Environment) -> list[str]:
    """Return what earlier builds hold, which is as a rule what there will be to verify."""
    roots = workspace.roots(environment.roots)
    return [roots[name] for name in verified(environment) if name in roots]


def _inspect_rest(tops: Sequence[str], known: Collection[str], store: Store) -> Contents:
    """Rehash derivations, their sources and what is there of their outputs, but what is known."""
    closure = store.requisites(tops)
    builds = [
        one for one in only_derivations(closure, store.derivation).values() if not one.is_fixed
    ]
    outputs = [path for one in builds for path in paths(one).values() if path]
    left = [path for path in (*closure, *outputs) if path not in known]
    return inspect(left, [], store)


def _failure(
    environment: Environment, derivations: Mapping[str, str], making: Making, system: str
) -> str | None:
    try:
        realise(environment, derivations, making, system=system)
    except BuildFailedError as error:
        return str(error)
    return None


def _verified(
    first: _Begun, options: Options, setup: Setup, on_progress: OnProgress
) -> Verification:
    """Verify what was built; a first build that failed is the whole result, or part of it."""
    results: list[OutputResult] = []
    if first.failure is not None:
        results.append(_failed(first.tops[0], first.failure, setup.world.store))
    if options.keep_going or first.failure is None:
        results += verify_derivations(
            first.tops, options, setup=setup, kept_below=first.kept_below, on_progress=on_progress
        )
    return Verification(
        environment=first.name,
        conditions=setup.conditions,
        jobs=options.jobs,
        results=tuple(results),
    )


def _set_up(options: Options, system: str, world: World) -> Setup:
    """Set up rebuilds that move the wanted factors, with the shim if they need it."""
    if not options.factors & registered().in_shim:
        return set_up(options.factors, world=world)
    try:
        return set_up(options.factors, shim=shim(system, world.store), world=world)
    except HarnessError as error:
        reason = f"there is no shim: {error}"
        return set_up(
            options.factors, without=dict.fromkeys(registered().in_shim, reason), world=world
        )


def _failed(derivation: str, reason: str, store: Store) -> OutputResult:
    closure = read_closure([derivation], store.derivation)
    return OutputResult(
        derivation=derivation,
        output="out",
        path="",
        verdict=Verdict.BUILD_FAILED,
        reason=reason,
        networked=networked_inputs(closure, derivation, all_steps=True),
    )


def _check_inputs(lock: Lock, system: str, name: str, store: Store) -> None:
    """Compare each input in the store with the lock's own hash of it, whatever Nix recorded.

    Raises:
        ToolError: an input is missing.
        IntegrityError: an input's hash does not hold.

    """
    needs = require_inputs(lock, system, environment=name, store=store)
    if broken := changed_inputs(lock, system, needs, store):
        raise IntegrityError(
            f"{broken[0]}: not the content that the lock names; remove it with "
            f"`harness build --repair {name}`, then run `harness fetch {name}`"
        )
