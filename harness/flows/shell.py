"""Enter an environment: the same set-up script that `nix develop` runs, on the base's bash."""

import os
from collections.abc import Callable, Sequence
from functools import partial

from harness.adapters import process
from harness.flows.build import OnProgress, build
from harness.flows.repository import Environment

_RUN = 'source "$0"; exec "$@"'


def enter(
    environment: Environment, command: Sequence[str], *, system: str, on_progress: OnProgress
) -> Callable[[], None]:
    """Build what is missing and return what becomes the shell, or `command`, when it is called.

    Raises:
        InputError, ToolError, BuildFailedError: as `build`.

    """
    built = build(environment, ("base", "shell"), system=system, on_progress=on_progress)
    base, script = built.outputs
    bash = f"{base}/bin/bash"
    if command:
        return partial(process.replace, [bash, "-c", _RUN, script, *command], env=os.environ)
    prompt = {"PS1": rf"({environment.name}) \w \$ "}
    interactive = [bash, "--noprofile", "--rcfile", script, "-i"]
    return partial(process.replace, interactive, env={**os.environ, **prompt})
