"""What this machine is and has, as far as `harness doctor` asks; nothing is changed."""

import getpass
import grp
import os
import platform
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

import requests

from harness.errors import ToolError
from harness.host import process
from harness.host.core.architecture import ARCHITECTURES
from harness.host.files import explained
from harness.host.http import Patience, Session, cause
from harness.host.processors import current_system
from harness.host.scratch import scratch
from harness.render.address import shown
from harness.store import builds, nix

_LOADERS = {
    "x86_64-linux": "/lib64/ld-linux-x86-64.so.2",
    "aarch64-linux": "/lib/ld-linux-aarch64.so.1",
}
_SECONDS = 120
_IMPATIENCE = Patience(connect=5, silence=10, retries=1)

# What the sandbox is tried with: it can only be built where /etc/os-release, which every supported
# host has, cannot be seen. `run` makes it another derivation every time, so that it is built.
_TRIAL = """
{ tools, system, run }:
let path = builtins.storePath tools; in
{ trial = derivation {
  name = "harness-doctor";
  inherit system run;
  builder = "${path}/loader";
  args = [
    "--library-path" path "${path}/sh" "-c"
    "if test -e /etc/os-release; then exit 1; else : > $out; fi"
  ];
}; }
"""


def distribution() -> tuple[str, str]:
    """Return the name that a person knows this system by, and its ID with VERSION_ID."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return platform.platform(), ""
    return release.get("PRETTY_NAME", ""), f"{release.get('ID')} {release.get('VERSION_ID')}"


def user() -> tuple[str, list[str]]:
    """Return this user's name and those of its groups that have one."""
    named = {entry.gr_gid: entry.gr_name for entry in grp.getgrall()}
    return getpass.getuser(), [named[gid] for gid in os.getgroups() if gid in named]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What a program says of itself: its version, or else why there is none."""

    version: str | None = None
    problem: str = ""
    is_missing: bool = False


def program(argv: list[str]) -> Program:
    """Ask a program for its version: the first line that it prints."""
    if shutil.which(argv[0]) is None:
        return _not_found(argv[0])
    try:
        completed = process.run(argv, timeout=_SECONDS)
    except ToolError as error:
        return Program(problem=str(error))
    lines = completed.stdout.splitlines()
    if completed.status == 0 and lines:
        return Program(version=lines[0])
    said = (completed.stderr.strip().splitlines() or ["it says nothing"])[-1]
    return Program(problem=f"`{' '.join(argv)}` ends with status {completed.status}: {said}")


def _not_found(name: str) -> Program:
    """Say why a program is not found; one that is there may not be this user's to start."""
    for directory in os.get_exec_path():
        file = Path(directory, name)
        try:
            file.stat()
        except PermissionError:
            return Program(problem=f"{directory}: not readable for this user ({name} is there?)")
        except OSError:
            continue
        return Program(problem=f"{file}: is there, and this user may not start it")
    return Program(problem=f"no {name} on PATH", is_missing=True)


def answers(url: str) -> str | None:
    """Ask for an address and return why there was no good answer, or None."""
    try:
        with Session(_IMPATIENCE) as session, session.get(url) as response:
            if response.ok:
                return None
            return f"{shown(url)} answered {response.status_code} {response.reason}"
    except requests.RequestException as error:
        return f"{shown(url)}: {cause(error)}"


def preloads() -> list[str]:
    """Return what makes this machine load other libraries than programs ask for."""
    named = [name for name in ("LD_PRELOAD", "LD_LIBRARY_PATH") if os.environ.get(name)]
    preload = Path("/etc/ld.so.preload")
    try:
        listed = preload.read_text(errors="replace").strip()
    except OSError:
        listed = ""
    return [*named, *([str(preload)] if listed else [])]


def nix_setting(name: str) -> str:
    """Return what nix.conf says of a setting, or the empty string."""
    argv = ["nix", "--extra-experimental-features", "nix-command"]
    for verb in (["show-config"], ["config", "show"]):
        completed = process.run([*argv, *verb], env=nix.environment(), timeout=_SECONDS)
        for line in completed.stdout.splitlines():
            key, _, value = line.partition(" = ")
            if completed.status == 0 and key == name:
                return value.strip()
    return ""


def try_sandbox() -> str | None:
    """Build a tiny derivation from this machine's shell; return why that failed, or None."""
    try:
        with scratch() as directory:
            return _build_trial(directory)
    except ToolError as error:
        return str(error).splitlines()[-1].strip()


def _build_trial(directory: Path) -> str | None:
    system, tools, trial = current_system(), directory / "doctor-tools", directory / "trial.nix"
    multiarch = ARCHITECTURES[system].multiarch
    with explained(tools):
        tools.mkdir()
        shutil.copy(_LOADERS[system], tools / "loader")
        shutil.copy(f"/lib/{multiarch}/libc.so.6", tools)
        shutil.copy("/bin/sh", tools)
        trial.write_text(_TRIAL)
    arguments = {
        "tools": nix.add_fixed_directory(tools),
        "system": system,
        "run": uuid.uuid4().hex,
    }
    derivations = nix.instantiate(trial, arguments=arguments, attributes=["trial"])
    completed = builds.realise(derivations)
    if completed.status == 0:
        return None
    return (completed.said.strip().splitlines() or ["no reason given"])[-1]
