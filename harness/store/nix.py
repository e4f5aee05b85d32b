"""Nix's verbs: one function each, in the classic command line that 2.8 to 2.34 share.

Every call states the conditions of a hermetic build by option (`OPTIONS`), because the defaults
differ between versions and machines, and because nix.conf belongs to the machine.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from harness.host import process
from harness.host.remains import marked
from harness.store.core import building
from harness.store.core.registration import Registration, decode_registrations

STORE = Path("/nix/store")

_STORE_PATH = re.compile(r"/nix/store/[0-9a-df-np-sv-z]{32}-[0-9A-Za-z+._?=-]+")
_EDGE = re.compile(r'^"([^"]+)" -> "([^"]+)"', re.MULTILINE)
"""A line of `nix-store --query --graph`: what is referred to, and by whom."""
_PASSED = re.compile(
    r"PATH|HOME|USER|LOGNAME|TMPDIR|LANG|LC_ALL|TZ|XDG_.*|NIX_(?!PATH$).*|SSL_CERT_.*"
    r"|SSH_AUTH_SOCK|(?i:.*_proxy)"
)
"""Which of our variables Nix needs: where its store, its settings and its caches are."""
_REFUSED = re.compile(r"ignoring the client-specified setting '([^']+)'")


OPTIONS: Mapping[str, str] = {
    "sandbox": "true",
    "sandbox-fallback": "false",
    "sandbox-paths": "",
    "extra-sandbox-paths": "",
    "pre-build-hook": "",
    "post-build-hook": "",
    "builders": "",
    "substituters": "",
}
"""What every call passes; a daemon may ignore them (see `refused`)."""


def environment() -> dict[str, str]:
    """Return the environment of every Nix process: of our variables what Nix itself needs.

    A builder of a fixed output may ask for any of them by name (`impureEnvVars`), and has the
    network.
    """
    return marked({name: value for name, value in os.environ.items() if _PASSED.fullmatch(name)})


def chosen() -> dict[str, str]:
    """Return `OPTIONS`, with what a machine without a daemon needs besides."""
    return {**OPTIONS, **({"build-users-group": ""} if _is_single_user() else {})}


def options(others: Mapping[str, str] | None = None) -> list[str]:
    """Return the options of every call as arguments, and `others` besides or in their place."""
    return building.arguments({**chosen(), **(others or {})})


def _is_single_user() -> bool:
    return os.geteuid() == 0 and not Path("/nix/var/nix/daemon-socket/socket").exists()


def instantiate(
    file: Path, *, arguments: Mapping[str, str], attributes: Sequence[str]
) -> list[str]:
    """Evaluate attributes of `file` and return their derivations' store paths, in that order.

    Raises:
        ToolError: the evaluation failed.

    """
    argv = ["nix-instantiate", *options(), str(file)]
    for attribute in attributes:
        argv += ["-A", attribute]
    for name, value in arguments.items():
        argv += ["--argstr", name, value]
    return _paths(process.check(argv, env=environment()))


def deriver(path: str) -> str | None:
    """Return the derivation that a store path was built from, if that is known."""
    argv = ["nix-store", "--query", "--deriver", *options(), path]
    known = process.check(argv, env=environment()).strip()
    return known if known.startswith(f"{STORE}/") else None


def evaluate(file: Path, *, arguments: Mapping[str, str], attribute: str) -> str:
    """Evaluate `attribute` of `file` strictly and return it as JSON text.

    Raises:
        ToolError: the evaluation failed.

    """
    argv = ["nix-instantiate", "--eval", "--strict", "--json", *options(), str(file)]
    for name, value in arguments.items():
        argv += ["--argstr", name, value]
    return process.check([*argv, "-A", attribute], env=environment())


def outputs(derivations: Sequence[str]) -> list[str]:
    """Return the paths of all outputs, in the order of the derivations."""
    argv = ["nix-store", "--query", "--outputs", *options(), *derivations]
    return _paths(process.check(argv, env=environment()))


def requisites(paths: Iterable[str], *, include_outputs: bool = False) -> list[str]:
    """Return the closure, references first."""
    argv = ["nix-store", "--query", "--requisites", *options(), *paths]
    return _paths(
        process.check(
            [*argv, *(["--include-outputs"] if include_outputs else [])], env=environment()
        )
    )


def references(paths: Iterable[str]) -> dict[str, list[str]]:
    """Return what each path of the closure of `paths` refers to, itself left out."""
    argv = ["nix-store", "--query", "--graph", *options(), *paths]
    edges = _EDGE.findall(process.check(argv, env=environment()))
    found: dict[str, list[str]] = {}
    for reference, path in edges:
        found.setdefault(f"{STORE}/{path}", []).append(f"{STORE}/{reference}")
    return found


def read_log(path: str) -> str:
    """Return the build log of a derivation or output; empty if Nix kept none."""
    return process.run(["nix-store", "--read-log", *options(), path], env=environment()).stdout


def _paths(output: str) -> list[str]:
    return output.split()


def invalid_paths(paths: Iterable[str]) -> list[str]:
    """Return those of the store paths that the store does not hold."""
    argv = ["nix-store", "--check-validity", "--print-invalid", *options(), *paths]
    return _paths(process.check(argv, env=environment()))


def add_fixed(files: Iterable[Path]) -> list[str]:
    """Add files by sha256 under their own names and return their store paths, in that order.

    Raises:
        ToolError: the store cannot be written, or is full.

    """
    argv = ["nix-store", "--add-fixed", "sha256", *options(), *map(str, files)]
    return _paths(process.check(argv, env=environment()))


def add_fixed_directory(directory: Path) -> str:
    """Add a directory by the sha256 of its NAR under its own name and return its store path.

    Raises:
        ToolError: as `add_fixed`.

    """
    argv = ["nix-store", "--add-fixed", "--recursive", "sha256", *options(), str(directory)]
    (path,) = _paths(process.check(argv, env=environment()))
    return path


def add_roots(root: Path, paths: Sequence[str]) -> None:
    """Keep store paths from the garbage collector by links `root`, `root`-2, `root`-3, ...

    Raises:
        ToolError: a path is not in the store, or a link cannot be made.

    """
    argv = ["nix-store", "--realise", *options(), *paths, "--add-root", str(root), "--indirect"]
    process.check(argv, env=environment())


def discard(path: Path) -> None:
    """Remove what Nix left in the store beside its valid paths, where there is something.

    It stays where Nix takes it to be in use, as it does while any process uses the path that it
    stands beside: the next rebuild, or a collection of garbage, removes it.
    """
    if os.path.lexists(path):
        process.run(["nix-store", "--delete", *options(), str(path)], env=environment())


def delete(path: str) -> None:
    """Remove a store path and whatever refers to it, though links may hold it.

    Raises:
        ToolError: Nix does not remove it.

    """
    argv = ["nix-store", "--delete", "--ignore-liveness", *options(), path]
    process.check(argv, env=environment())


def is_store_path(path: str) -> bool:
    """Return whether this is the place of one path of the store."""
    return _STORE_PATH.fullmatch(path) is not None


def holds(paths: Sequence[str]) -> bool:
    """Rehash store paths and tell whether each still has the content that the store recorded."""
    argv = ["nix-store", "--verify-path", *options(), *paths]
    return process.run(argv, env=environment()).status == 0


def nar_sizes(paths: Sequence[str]) -> dict[str, int]:
    """Return the recorded size of each path's archive in bytes."""
    argv = ["nix-store", "--query", "--size", *options(), *paths]
    sizes = process.check(argv, env=environment()).split()
    return dict(zip(paths, map(int, sizes), strict=True))


def nar_hashes(paths: Sequence[str]) -> dict[str, str]:
    """Return the recorded hash of each path's archive, as `sha256:` and Nix's base 32."""
    argv = ["nix-store", "--query", "--hash", *options(), *paths]
    hashes = process.check(argv, env=environment()).split()
    return dict(zip(paths, hashes, strict=True))


def registrations(paths: Sequence[str]) -> dict[str, Registration]:
    """Return what the database records of paths, all by one process.

    Raises:
        ToolError: the store does not hold one of them.

    """
    argv = ["nix-store", "--dump-db", *options(), *paths]
    return decode_registrations(process.check(argv, env=environment())) if paths else {}


def version() -> str:
    """Return Nix's version, such as "2.8.0"."""
    return process.check(["nix-store", "--version"], env=environment()).split()[-1]


def refused(path: str) -> list[str]:
    """Return the options that the store's daemon does not take from this user, in order.

    Nix says so when it connects, older versions only with --debug; `path` is any store path.
    """
    argv = ["nix-store", "--check-validity", "--debug", *options(), path]
    said = process.run(argv, env=environment()).stderr
    return sorted(set(_REFUSED.findall(said)) & OPTIONS.keys())
