"""Run an environment's checks: derivations, so hermetic, and cached while nothing changes."""

import re
from dataclasses import dataclass
from pathlib import Path

from harness.build.intact import require_unchanged
from harness.build.realise import OnProgress, build, failed_build, instantiate, reporter
from harness.host import foreign
from harness.project import workspace
from harness.project.repository import Environment
from harness.store import builds, nix
from harness.store.core.builder_log import readable

_KIND = re.compile(r"/nix/store/[0-9a-z]{32}-.*?-check-(.+)\.drv")
_LAST_LOG_LINES = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One check: whether it holds, what it warns of, and the end of its log where it does not."""

    name: str
    holds: bool
    log: str = ""
    warnings: tuple[str, ...] = ()


def run_checks(
    environment: Environment, *, system: str, jobs: int | None, on_progress: OnProgress
) -> list[CheckResult]:
    """Build the environment, then run every check, also after one that fails.

    Raises:
        InputError, ToolError, BuildFailedError: as `build`; a check that fails is a result.
        IntegrityError: a store path is not as it was built.

    """
    built = build(environment, system=system, jobs=jobs, on_progress=on_progress)
    require_unchanged(built.outputs, environment.name)
    derivations = instantiate(environment, ["checks"], system=system)
    root = workspace.directory(environment.roots) / "checks"
    completed = builds.realise(
        derivations, on_begun=reporter(on_progress), root=root, keep_going=True, jobs=jobs
    )
    broken = set(nix.invalid_paths(nix.outputs(derivations)))
    if completed.status != 0 and not broken:
        raise failed_build(completed)
    return [
        _failed(derivation) if output in broken else _held(derivation, Path(output))
        for derivation, output in zip(derivations, nix.outputs(derivations), strict=True)
    ]


def _name(derivation: str) -> str:
    match = _KIND.fullmatch(derivation)
    return match[1] if match else derivation


def _held(derivation: str, output: Path) -> CheckResult:
    # What a check runs is anybody's, and a link could lead to anything of this machine.
    is_own = output.is_file() and not output.is_symlink()
    said = foreign.read(output, str(output)).decode(errors="replace") if is_own else ""
    return CheckResult(name=_name(derivation), holds=True, warnings=tuple(said.splitlines()[1:]))


def _failed(derivation: str) -> CheckResult:
    lines = readable(nix.read_log(derivation)).splitlines()
    told = lines[-_LAST_LOG_LINES:]
    if len(told) < len(lines):
        told = [
            *told,
            f"({len(lines) - len(told)} lines before: nix-store --read-log {derivation})",
        ]
    return CheckResult(name=_name(derivation), holds=False, log="\n".join(told))
