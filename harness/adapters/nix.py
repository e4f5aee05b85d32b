"""Nix's verbs: one function each, in the classic command line that 2.8 to 2.34 share.

Every call states the conditions of a hermetic build by option (`OPTIONS`), because the defaults
differ between versions and machines, and because nix.conf belongs to the machine.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from harness.adapters import process

STORE = Path("/nix/store")

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


def instantiate(file: Path, *, arguments: Mapping[str, str], attribute: str) -> list[str]:
    """Evaluate `attribute` of `file` and return the derivations' store paths.

    Raises:
        ToolError: the evaluation failed.

    """
    argv = ["nix-instantiate", *options(), str(file), "-A", attribute]
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
