"""Run an environment's checks: derivations, so hermetic, and cached while nothing changes.

A command runs in a derivation of its own, which says how it ended, and its check fails by that: so
there is a report of a check that failed, too. One that failed runs again each time.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.build.core.check import CheckResult, decode_cases, unread
from harness.build.intact import require_unchanged
from harness.build.realise import OnProgress, build, failed_build, instantiate, reporter
from harness.errors import InputError
from harness.host import foreign
from harness.project import workspace
from harness.project.repository import Environment
from harness.render.junit import Case
from harness.store import builds, nix
from harness.store.core.builder_log import readable
from harness.store.derivations import read_derivation

_KIND = re.compile(r"/nix/store/[0-9a-z]{32}-.*?-check-(.+)\.drv")
_LAST_LOG_LINES = 25
_SUCCESS = b"0\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Check:
    """A check's derivation and output, and where its command ran, if it is one."""

    derivation: str
    output: Path
    ran: Path | None
    ran_by: str

    @property
    def name(self) -> str:
        match = _KIND.fullmatch(self.derivation)
        return match[1] if match else self.derivation


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
    checks = [*map(_check, derivations)]
    _forget_failed(checks)
    root = workspace.directory(environment.roots) / "checks"
    completed = builds.realise(
        derivations, on_begun=reporter(on_progress), root=root, keep_going=True, jobs=jobs
    )
    broken = set(nix.invalid_paths(str(one.output) for one in checks))
    if completed.status != 0 and not broken:
        raise failed_build(completed)
    return [_failed(one) if str(one.output) in broken else _held(one) for one in checks]


def _check(derivation: str) -> _Check:
    read = read_derivation(derivation)
    told: Mapping[str, str] = read.environment
    ran = told.get("ran")
    return _Check(
        derivation=derivation,
        output=Path(read.outputs["out"].path),
        ran=Path(ran) if ran else None,
        ran_by=told.get("log", ""),
    )


def _forget_failed(checks: Sequence[_Check]) -> None:
    """Remove what is recorded of commands that failed: they might fail by chance."""
    for one in checks:
        if one.ran and (status := _own(one.ran / "status")) and status != _SUCCESS:
            nix.discard(one.ran)


def _held(check: _Check) -> CheckResult:
    if check.ran is None:
        said = (_own(check.output) or b"").decode(errors="replace")
        return CheckResult(name=check.name, holds=True, warnings=tuple(said.splitlines()[1:]))
    return CheckResult(name=check.name, holds=True, cases=_cases(check.ran), kept=_kept(check.ran))


def _failed(check: _Check) -> CheckResult:
    own = readable(nix.read_log(check.derivation)).splitlines()
    if check.ran is None:
        return CheckResult(name=check.name, holds=False, log=_end(own, check.derivation))
    ran = readable(nix.read_log(check.ran_by)).splitlines()
    log = "\n".join([*ran[-_LAST_LOG_LINES:], *own])
    return CheckResult(
        name=check.name, holds=False, log=log, cases=_cases(check.ran), kept=_kept(check.ran)
    )


def _end(lines: Sequence[str], derivation: str) -> str:
    told = [*lines[-_LAST_LOG_LINES:]]
    if len(told) < len(lines):
        before = len(lines) - len(told)
        told.append(f"({before} lines before: nix-store --read-log {derivation})")
    return "\n".join(told)


def _cases(ran: Path) -> tuple[Case, ...]:
    path = ran / "cases.json"
    try:
        data = _own(path)
        return () if data is None else decode_cases(data, str(path))
    except InputError as error:
        return (unread(error),)


def _kept(ran: Path) -> str:
    kept = ran / "kept"
    is_own = kept.is_dir() and not ran.is_symlink() and not kept.is_symlink()
    return str(kept) if is_own and any(kept.iterdir()) else ""


def _own(path: Path) -> bytes | None:
    """Return what a builder wrote to a file, if there is one.

    What a check runs is anybody's, and a link could lead to anything of this machine.
    """
    if path.parent.is_symlink() or path.is_symlink() or not path.is_file():
        return None
    return foreign.read(path, str(path))
