"""Enter an environment: the same set-up script that `nix develop` runs, on the base's bash.

A program that the environment lacks is the machine's: that is said, and it is refused where it is a
Python program, for then another Python than the environment's would run. Whoever is root cannot
write to the store from within.
"""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from harness.build.intact import require_present
from harness.build.own import project_directory
from harness.build.realise import OnProgress, build
from harness.build.sealed import seal_store
from harness.errors import InputError
from harness.host import process
from harness.project.repository import Environment

_RUN = 'source "$0"; [ "$(type -t "$1")" != function ] || { "$@"; exit; }; exec "$@"'
_LONGEST_HEAD = 512
_KEPT_IN_PURE = ("HOME", "LANG", "LC_ALL", "LOGNAME", "TERM", "TMPDIR", "USER")
UNSEALED = (
    "harness: this machine does not let the store be made read-only here, and root can write to "
    "it; `harness build` tells if something did"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What becomes the shell or the command when it is run, and what is to be said before."""

    run: Callable[[], None]
    warnings: tuple[str, ...] = ()


def enter(
    environment: Environment,
    command: Sequence[str],
    *,
    system: str,
    on_progress: OnProgress,
    pure: bool = False,
) -> Entry:
    """Build what is missing and return what becomes the shell, or `command`.

    `pure`: nothing of the machine is on PATH, and few of its variables are kept.

    Raises:
        InputError, ToolError, BuildFailedError: as `build`.
        InputError: the command is in neither, or is a Python program of the machine's.
        IntegrityError: a store path is gone.

    """
    own = environment.spec().own
    attributes = ("developed", "base", "develop") if own else ("environment", "base", "shell")
    built = build(environment, attributes, system=system, on_progress=on_progress)
    require_present(built.outputs, environment.name)
    tree, base, script = built.outputs
    bash = f"{base}/bin/bash"
    variables = _pure(tree, base) if pure else dict(os.environ)
    if own:
        variables["HARNESS_PROJECT"] = str(project_directory(environment))
    if command:
        path = variables["PATH"] if pure else f"{tree}/bin:{variables.get('PATH', os.defpath)}"
        warnings = looked_up(command[0], path, (tree, base), environment.name)
        argv = [bash, "-c", _RUN, script, *command]
        return Entry(run=partial(_become, argv, variables), warnings=warnings)
    argv = [bash, "--noprofile", "--rcfile", script, "-i"]
    prompt = {"PS1": rf"({environment.name}) \w \$ "}
    return Entry(run=partial(_become, argv, {**variables, **prompt}))


def seal() -> str | None:
    """Keep root from writing to the store from here on; return what to say if that cannot be."""
    return None if os.geteuid() != 0 or seal_store() else UNSEALED


def _become(argv: Sequence[str], variables: Mapping[str, str]) -> None:
    process.replace(argv, env=variables)


def _pure(tree: str, base: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_IN_PURE if name in os.environ}
    return {**kept, "PATH": f"{tree}/bin:{base}/usr/bin", "SHELL": f"{base}/bin/bash"}


def looked_up(program: str, path: str, own: tuple[str, str], environment: str) -> tuple[str, ...]:
    """Return what to say of a program's place; one that was given with its path is meant."""
    if os.sep in program:
        return ()
    found = shutil.which(program, path=path)
    if found is None:
        raise InputError(f"{program}: not in the environment {environment}, nor on PATH")
    if found.startswith(tuple(f"{one}/" for one in own)):
        return ()
    if _is_python(Path(found)):
        raise InputError(
            f"{program}: not in the environment {environment}; {found} is this machine's and runs "
            f"with another Python; `harness add {environment} {program}`, or name it with its path"
        )
    return (f"harness: {program} is not in the environment {environment}: this is {found}",)


def _is_python(program: Path) -> bool:
    """Return whether a program is an interpreter of Python, or a script that starts one."""
    try:
        with program.open("rb") as file:
            head = file.read(_LONGEST_HEAD)
    except OSError:
        return False
    starts_one = b"python" in head.partition(b"\n")[0] or b"pyenv" in head
    return program.resolve().name.startswith("python") or (head.startswith(b"#!") and starts_one)
