"""The main job: rebuild every derivation that harness made and compare bit for bit.

lock fresh -> inputs present and their hashes hold -> build -> contents in the store unchanged ->
each derivation rebuilt with the factors moved -> a verdict per output, one for all. Derivations
that harness did not make are built if they are not there, and go the same way from there.
"""

from concurrent.futures import ThreadPoolExecutor

from harness.build.realise import OnProgress, failed_build, instantiate, realise, reporter, verified
from harness.build.toolchain import compiled_derivation, shim
from harness.errors import BuildFailedError, HarnessError, IntegrityError
from harness.fetch.present import broken_inputs, require_inputs
from harness.host.files import state_directory
from harness.lock.core.values import Lock
from harness.lock.freshness import require_fresh
from harness.lock.read import read_lock
from harness.project.repository import Environment
from harness.store import builds
from harness.store.derivations import read_closure
from harness.verdict import Verdict
from harness.verify.core.factor import SHIM_NAMES
from harness.verify.core.judgement import networked_inputs
from harness.verify.core.verdict import OutputResult, Verification
from harness.verify.perturb import Means, means
from harness.verify.rebuild import Options, verify_derivations
from harness.verify.subjects import Target


def verify(
    environment: Environment,
    options: Options,
    *,
    system: str,
    keep_going: bool = False,
    on_progress: OnProgress = lambda _: None,
) -> Verification:
    """Verify one environment, and the shim that its factors are moved by.

    A first build that fails is the whole result, unless `keep_going` asks for the rest too.

    Raises:
        InputError: the lock is missing or stale.
        ToolError: an input is missing, or Nix could not work.
        IntegrityError: an input's hash does not hold.

    """
    require_fresh(environment)
    lock, attributes = read_lock(environment), verified(environment)
    with ThreadPoolExecutor(2) as aside:
        prepared = aside.submit(_means, options, system)
        checked = aside.submit(_check_inputs, lock, system, environment.name)
        tops = instantiate(environment, attributes, system=system)
    checked.result()
    under = prepared.result()
    results: list[OutputResult] = []
    try:
        derivations = dict(zip(attributes, tops, strict=True))
        realise(environment, derivations, system=system, jobs=options.jobs, on_progress=on_progress)
    except BuildFailedError as error:
        results.append(_failed(tops[0], str(error)))
    if keep_going or not results:
        results += verify_derivations(
            [*tops, *([compiled_derivation("shim", system)] if under.shim else [])],
            options,
            means=under,
            evidence=environment.evidence,
            on_progress=on_progress,
        )
    return Verification(
        environment=environment.name,
        conditions=under.conditions,
        jobs=options.jobs,
        results=tuple(results),
    )


def verify_foreign(
    target: Target,
    options: Options,
    *,
    system: str,
    on_progress: OnProgress = lambda _: None,
) -> Verification:
    """Verify derivations that harness did not make.

    Outputs that are missing are built first, or substituted as this machine's Nix is set up to do.

    Raises:
        ToolError: Nix could not work.
        IntegrityError: a derivation cannot be read.

    """
    under, tops = _means(options, system), target.derivations
    results: list[OutputResult] = []
    completed = builds.realise_foreign(tops, on_begun=reporter(on_progress), jobs=options.jobs)
    if completed.status != 0:
        failed = failed_build(completed)
        if not isinstance(failed, BuildFailedError):
            raise failed
        results.append(_failed(tops[0], str(failed)))
    else:
        results += verify_derivations(
            tops,
            options,
            means=under,
            evidence=state_directory() / "differences",
            on_progress=on_progress,
        )
    return Verification(
        environment=target.name,
        conditions=under.conditions,
        jobs=options.jobs,
        results=tuple(results),
    )


def _means(options: Options, system: str) -> Means:
    """Return the means to move the wanted factors, with the shim if they need it."""
    if not options.factors & SHIM_NAMES:
        return means(options.factors)
    try:
        return means(options.factors, shim=shim(system))
    except HarnessError as error:
        reason = f"there is no shim: {error}"
        return means(options.factors, without=dict.fromkeys(SHIM_NAMES, reason))


def _failed(derivation: str, reason: str) -> OutputResult:
    return OutputResult(
        derivation=derivation,
        output="out",
        path="",
        verdict=Verdict.BUILD_FAILED,
        reason=reason,
        networked=networked_inputs(read_closure([derivation]), derivation, all_steps=True),
    )


def _check_inputs(lock: Lock, system: str, name: str) -> None:
    """Compare each input in the store with the lock's own hash of it, whatever Nix recorded.

    Raises:
        ToolError: an input is missing.
        IntegrityError: an input's hash does not hold.

    """
    require_inputs(lock, system, environment=name)
    if broken := broken_inputs(lock, system):
        raise IntegrityError(
            f"{broken[0]}: not the content that the lock names; remove it with "
            f"`harness build --repair {name}`, then run `harness fetch {name}`"
        )
