"""Nix's verbs: one function each, in the classic command line that 2.8 to 2.34 share.

Every call states the conditions of a hermetic build by option (`OPTIONS`), because the defaults
differ between versions and machines, and because nix.conf belongs to the machine.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.adapters import process

STORE = Path("/nix/store")

_STATUS_BASE, _FAILED, _DIFFERS = 96, 4, 8
_KEPT = re.compile(r"keeping build directory '([^']+)'")
_MODIFIED = re.compile(r"path '(/nix/store/[^']+)' was modified")
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
"""What every call passes; a daemon that refuses one says so on stderr (see `refused`)."""


def environment() -> dict[str, str]:
    """Return the environment of every Nix process: ours, less what would change an evaluation."""
    return {name: value for name, value in os.environ.items() if name != "NIX_PATH"}


def options() -> list[str]:
    """Return `OPTIONS` as arguments, with what a machine without a daemon needs besides."""
    chosen = dict(OPTIONS)
    if _is_single_user():
        chosen["build-users-group"] = ""
    return [part for name, value in chosen.items() for part in ("--option", name, value)]


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


def evaluate(file: Path, *, arguments: Mapping[str, str], attribute: str) -> str:
    """Evaluate `attribute` of `file` strictly and return it as JSON text.

    Raises:
        ToolError: the evaluation failed.

    """
    argv = ["nix-instantiate", "--eval", "--strict", "--json", *options(), str(file)]
    for name, value in arguments.items():
        argv += ["--argstr", name, value]
    return process.check([*argv, "-A", attribute], env=environment())


def realise(
    derivations: Sequence[str],
    *,
    on_line: Callable[[str], None],
    root: Path | None = None,
    keep_going: bool = False,
    jobs: int | None = None,
) -> process.Completed:
    """Build; each line that Nix prints goes to `on_line`, the outputs' paths stand on stdout.

    `root` is made an indirect root of the garbage collector (with -2, -3, ... for more outputs);
    stdout then holds the roots instead.
    """
    argv = ["nix-store", "--realise", *options(), *derivations]
    argv += ["--add-root", str(root), "--indirect"] if root else []
    argv += ["--keep-going"] if keep_going else []
    argv += ["--max-jobs", str(jobs)] if jobs else []
    return process.stream(argv, on_line, env=environment())


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """How `--check` ended: `differs` and `failed` are from the exit status, never from the text.

    `built_in` is the directory that Nix kept, and `stderr` what it and the builder said.
    """

    differs: bool
    failed: bool
    status: int
    stderr: str

    @property
    def built_in(self) -> list[str]:
        """The build directories that Nix left."""
        return _KEPT.findall(self.stderr)


def rebuild(derivation: str) -> Rebuilt:
    """Build a derivation once more and let Nix compare; a differing output stays as `PATH.check`.

    The exit status is 96 plus bits: 4 a build failed, 8 an output differs (Nix's
    `Worker::exitStatus`).
    """
    argv = ["nix-store", "--realise", "--check", "--keep-failed", "--max-jobs", "1"]
    completed = process.run([*argv, *options(), derivation], env=environment())
    bits = completed.status - _STATUS_BASE if completed.status > _STATUS_BASE else 0
    return Rebuilt(
        differs=bool(bits & _DIFFERS),
        failed=bool(bits & _FAILED),
        status=completed.status,
        stderr=completed.stderr,
    )


def rebuild_apart(derivation: str, inputs: Sequence[str], root: Path) -> process.Completed:
    """Build a derivation in a store of its own below `root`, where all its outputs stay.

    `inputs` is the closure that the build needs. Paths inside are the same as in the real store.
    """
    apart = {**environment(), "NIX_REMOTE": f"local?root={root}"}
    export = ["nix-store", "--export", *options(), *inputs]
    process.pipe(export, ["nix-store", "--import", *options()], env=environment(), to_env=apart)
    return process.run(["nix-store", "--realise", *options(), derivation], env=apart)


def modified(paths: Sequence[str]) -> list[str]:
    """Rehash store paths and return those whose content is not what the store recorded.

    Raises:
        ToolError: a path is not in the store.

    """
    completed = process.run(["nix-store", "--verify-path", *options(), *paths], env=environment())
    found = _MODIFIED.findall(completed.stderr)
    if completed.status != 0 and not found:
        raise process.failure(completed)
    return found


def nar_hashes(paths: Sequence[str]) -> dict[str, str]:
    """Return the recorded hash of each path's archive, as `sha256:` and Nix's base 32."""
    argv = ["nix-store", "--query", "--hash", *options(), *paths]
    hashes = process.check(argv, env=environment()).split()
    return dict(zip(paths, hashes, strict=True))


def version() -> str:
    """Return Nix's version, such as "2.8.0"."""
    return process.check(["nix-store", "--version"], env=environment()).split()[-1]


def refused(stderr: str) -> list[str]:
    """Return the options that a daemon did not accept from this user."""
    return _REFUSED.findall(stderr)
