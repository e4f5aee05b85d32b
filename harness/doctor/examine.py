"""Doctor: what this machine lacks for harness, and the command that mends it.

`CHECKS` is the whole list. A check looks and changes nothing (the sandbox is tried by building
something tiny). What is not always needed is told and does not count. `clean` is for what runs that
were killed could not remove themselves.
"""

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import uv

from harness.container.engine import connect
from harness.doctor import left, machine
from harness.doctor.left import Left
from harness.doctor.machine import Program
from harness.errors import HarnessError, ToolError
from harness.host.core.architecture import ARCHITECTURES
from harness.host.files import cache_directory, existing_parent, free_space
from harness.host.processors import current_system
from harness.host.sockets import listens
from harness.project.core.bases import BASES
from harness.sources import debian
from harness.sources.core.target import Target
from harness.sources.index import find
from harness.store import nix

SUPPORTED = ("debian 12", "debian 13", "ubuntu 24.04")
_DAEMON = Path("/nix/var/nix/daemon-socket/socket")
_BASE = next(iter(BASES.values()))
_KEYRING = Path(_BASE.keyring)
_SUITE = _BASE.suites[0]
_OLDEST_NIX = (2, 8)
_SHOWN = 3
_GIB = 2**30
_ENOUGH, _LITTLE = 5 * _GIB, 1 * _GIB
_SMALL_PACKAGE = ("installer", "0.7.0")


class State(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARNING = "warning"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check found, and the command that mends it (for Debian and Ubuntu)."""

    state: State
    found: str
    mend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One row: what is looked at, how, and whether harness works without it."""

    name: str
    look: Callable[[], Finding]
    needed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A check with its finding."""

    name: str
    needed: bool
    finding: Finding


def examine() -> list[Row]:
    """Look at everything; a check that cannot be made is itself a finding."""
    return [Row(name=c.name, needed=c.needed, finding=_look(c)) for c in CHECKS]


def is_ready(rows: list[Row]) -> bool:
    """Return whether nothing that is needed is missing."""
    return not any(row.needed and row.finding.state is State.MISSING for row in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """What killed runs had left and is gone; `unseen` says why containers were not looked for."""

    removed: tuple[Left, ...]
    unseen: str = ""


def clean() -> Cleaned:
    """Remove what killed runs left; without an engine that is all but containers and images.

    Raises:
        ToolError: the engine cannot remove a container, or Nix does not work.

    """
    try:
        engine = connect()
    except ToolError as error:
        return Cleaned(removed=tuple(left.clean()), unseen=str(error))
    with engine:
        return Cleaned(removed=tuple(left.clean(engine)))


def _left() -> Finding:
    try:
        with connect() as engine:
            found = left.find(engine)
    except ToolError:
        found = left.find()
    return judge_left(found)


def judge_left(found: Sequence[Left]) -> Finding:
    """Judge what killed runs left."""
    if not found:
        return Finding(state=State.OK, found="nothing")
    shown = [f"{one.kind} {one.name}" for one in found[:_SHOWN]]
    more = [f"{len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    return Finding(
        state=State.WARNING, found=", ".join([*shown, *more]), mend="harness doctor --clean"
    )


def _look(check: Check) -> Finding:
    try:
        return check.look()
    except HarnessError as error:
        return Finding(state=State.MISSING, found=str(error))


def judge(problem: str | None, *, found: str, mend: str) -> Finding:
    """Return `found` as ok, or a problem with what mends it."""
    if problem is None:
        return Finding(state=State.OK, found=found)
    return Finding(state=State.MISSING, found=problem, mend=mend)


def _host() -> Finding:
    name, key = machine.distribution()
    if key in SUPPORTED:
        return Finding(state=State.OK, found=name)
    return Finding(
        state=State.WARNING, found=f"{name}: harness is tested on {', '.join(SUPPORTED)}"
    )


def _nix() -> Finding:
    return judge_nix(machine.program(["nix-store", "--version"]))


def judge_nix(found: Program) -> Finding:
    """Judge what `nix-store --version` prints."""
    mend, version = "sudo apt-get install nix-bin", found.version
    if version is None:
        return _unusable(found, mend)
    numbers = re.search(r"(\d+)\.(\d+)", version)
    if numbers and (int(numbers[1]), int(numbers[2])) >= _OLDEST_NIX:
        return Finding(state=State.OK, found=version)
    oldest = ".".join(map(str, _OLDEST_NIX))
    return Finding(state=State.MISSING, found=f"{version}, older than {oldest}", mend=mend)


def _store() -> Finding:
    if listens(_DAEMON):
        return Finding(state=State.OK, found="through the daemon")
    if _DAEMON.exists():
        return Finding(
            state=State.MISSING,
            found=f"{_DAEMON}: the daemon does not let this user in, or does not run",
            mend="sudo systemctl restart nix-daemon; sudo adduser $USER nix-users",
        )
    if os.access(existing_parent(nix.STORE), os.W_OK):
        return Finding(state=State.OK, found="written directly, no daemon")
    return Finding(
        state=State.MISSING,
        found=f"{nix.STORE}: not writable for this user, and no daemon",
        mend="sudo apt-get install nix-setup-systemd; sudo adduser $USER nix-users",
    )


def _trusted_user() -> Finding:
    if not _DAEMON.exists():
        return Finding(state=State.OK, found="no daemon that could refuse this user")
    user, groups = machine.user()
    return judge_trust(machine.nix_setting("trusted-users"), user, groups)


def judge_trust(trusted: str, user: str, groups: Sequence[str]) -> Finding:
    """Judge the setting trusted-users: user names, @groups, or * for everyone."""
    names = {"*", user, *(f"@{group}" for group in groups)}
    if user == "root" or names & set(trusted.split()):
        return Finding(state=State.OK, found=f"{user} is trusted")
    return Finding(
        state=State.WARNING,
        found=f"the daemon does not trust {user}: it may ignore the conditions harness asks for",
        mend=f"echo 'extra-trusted-users = {user}' | sudo tee -a /etc/nix/nix.conf && "
        "sudo systemctl restart nix-daemon",
    )


def _sandbox() -> Finding:
    if machine.program(["nix-store", "--version"]).version is None:
        found = "not tried, for Nix does not work"
        return Finding(state=State.MISSING, found=found, mend=_nix().mend)
    return judge(
        machine.try_sandbox(),
        found="a derivation was built that saw nothing of this machine",
        mend="sudo sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=15000",
    )


def _sandbox_fallback() -> Finding:
    return judge_fallback(machine.nix_setting("sandbox-fallback"))


def judge_fallback(setting: str) -> Finding:
    """Judge the setting sandbox-fallback, with which a build can lose its sandbox silently."""
    if setting == "false":
        return Finding(state=State.OK, found="off")
    if not setting:
        return Finding(state=State.WARNING, found="Nix does not say whether it is on")
    return Finding(
        state=State.WARNING,
        found="on in nix.conf (harness turns it off for its own builds)",
        mend="echo 'sandbox-fallback = false' | sudo tee -a /etc/nix/nix.conf",
    )


def _uv() -> Finding:
    mend = "pip install uv"
    try:
        found = machine.program([uv.find_uv_bin(), "--version"])
    except FileNotFoundError:
        found = Program(problem="uv, which harness depends on, is not there", is_missing=True)
    if found.version is None:
        return _unusable(found, mend)
    return Finding(state=State.OK, found=found.version)


def _gpgv() -> Finding:
    mend = f"sudo apt-get install gpgv {_BASE.keys}"
    found = machine.program(["gpgv", "--version"])
    if found.version is None:
        return _unusable(found, mend)
    problem = None if _KEYRING.exists() else f"{_KEYRING}: not there"
    return judge(problem, found=f"{found.version}, {_KEYRING}", mend=mend)


def _unusable(program: Program, mend: str) -> Finding:
    """Say why a program cannot be used; only one that is missing is mended by installing it."""
    mend = mend if program.is_missing else ""
    return Finding(state=State.MISSING, found=program.problem, mend=mend)


def _disk(directory: Path, mend: str) -> Finding:
    return judge_space(free_space(directory), directory, mend)


def judge_space(free: int, directory: Path, mend: str) -> Finding:
    """Judge the bytes that are free in a directory."""
    state = State.MISSING if free < _LITTLE else State.WARNING if free < _ENOUGH else State.OK
    found = f"{free / _GIB:.1f} GiB free at {directory}"
    return Finding(state=state, found=found, mend="" if state is State.OK else mend)


def _index() -> Finding:
    architecture = ARCHITECTURES[current_system()]
    problem = None
    try:
        find([_SMALL_PACKAGE], Target(architecture=architecture, python="3.11.2", glibc=(2, 36)))
    except HarnessError as error:
        problem = str(error)
    return judge(
        problem,
        found="the package index answers",
        mend="export HARNESS_INDEX_URL=<address of a package index>",
    )


def _mirror() -> Finding:
    mend = "export HARNESS_DEBIAN_MIRROR=<address of a Debian mirror>"
    problems = []
    for mirror in debian.mirrors(_SUITE):
        problem = machine.answers(f"{mirror}/dists/{_SUITE}/InRelease")
        if problem is None:
            return Finding(state=State.OK, found="a Debian mirror answers")
        problems.append(problem)
    found = "; ".join(problems) or "this machine's configuration names no Debian mirror"
    return Finding(state=State.MISSING, found=found, mend=mend)


def _engine() -> Finding:
    problem, found = None, ""
    try:
        with connect() as engine:
            found = f"Docker {engine.version()}"
    except ToolError as error:
        problem = f"{error} (only for images and shadow runs)"
    mend = "sudo apt-get install docker.io; sudo adduser $USER docker"
    return judge(problem, found=found, mend=mend)


def _preloads() -> Finding:
    return judge_preloads(machine.preloads())


def judge_preloads(found: Sequence[str]) -> Finding:
    """Judge the names of variables and files that change what programs load."""
    if not found:
        return Finding(state=State.OK, found="none")
    unset = " ".join(name for name in found if not name.startswith("/"))
    edit = [f"sudo editor {name}" for name in found if name.startswith("/")]
    return Finding(
        state=State.WARNING,
        found=f"{', '.join(found)}: changes what programs load outside of the sandbox",
        mend="; ".join([f"unset {unset}"] * bool(unset) + edit),
    )


CHECKS = (
    Check(name="system", look=_host),
    Check(name="Nix", look=_nix),
    Check(name="store", look=_store),
    Check(name="trusted user", look=_trusted_user),
    Check(name="sandbox", look=_sandbox),
    Check(name="sandbox-fallback", look=_sandbox_fallback),
    Check(name="uv", look=_uv),
    Check(name="gpgv", look=_gpgv),
    Check(name="space, store", look=lambda: _disk(nix.STORE, "nix-collect-garbage")),
    Check(
        name="space, cache",
        look=lambda: _disk(cache_directory(), f"rm -r {cache_directory() / 'downloads'}"),
    ),
    Check(name="package index", look=_index),
    Check(name="Debian mirror", look=_mirror),
    Check(name="container engine", look=_engine, needed=False),
    Check(name="preloaded libraries", look=_preloads),
    Check(name="left by killed runs", look=_left),
)
