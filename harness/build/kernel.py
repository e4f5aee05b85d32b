"""Install a Jupyter kernel for an environment: a file in the user's own Jupyter directory.

It starts `harness shell`, so the kernel is what the environment is when it starts, built first
where that is needed. A kernel that is not ours, or another repository's, is not replaced.
"""

import json
import os
import shutil
import sys
from pathlib import Path

from harness.build.core.kernelspec import kernel_name, kernelspec, repository_of
from harness.errors import InputError
from harness.host import foreign
from harness.host.files import explained, write_atomically
from harness.lock.read import read_lock
from harness.project.repository import Environment

NEEDED = "ipykernel"


def install(environment: Environment, *, name: str | None = None) -> Path:
    """Write the kernelspec and return its directory.

    Raises:
        InputError: the environment has no ipykernel, the name is not possible, or a kernel of
            that name is there that is not this repository's.
        ToolError: it cannot be written.

    """
    called = kernel_name(environment.name, name)
    if NEEDED not in {package.name for package in read_lock(environment).packages}:
        raise InputError(
            f"{environment.name}: a Jupyter kernel needs {NEEDED}; "
            f"`harness add {environment.name} {NEEDED}`"
        )
    root = environment.repository.resolve()
    directory = jupyter_data() / "kernels" / called
    path = directory / "kernel.json"
    _require_own(path, called, str(root))
    shown = f"{environment.name} ({root.name}, harness)"
    spec = kernelspec(_program(), str(root), environment.name, shown)
    with explained(path):
        directory.mkdir(parents=True, exist_ok=True)
    write_atomically(path, (json.dumps(spec, indent=2) + "\n").encode())
    return directory


def jupyter_data() -> Path:
    """Return the directory in which Jupyter looks for what a user installed."""
    if chosen := os.environ.get("JUPYTER_DATA_DIR"):
        return Path(chosen)
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share"
    return Path(data) / "jupyter"


def _require_own(path: Path, name: str, root: str) -> None:
    if path.exists() and repository_of(foreign.read(path, str(path))) != root:
        raise InputError(
            f"{path}: a kernel named {name} is there that is not this repository's; "
            "choose another name with --name"
        )


def _program() -> list[str]:
    """Return what starts this harness again, from any directory."""
    found = shutil.which(sys.argv[0])
    if found and os.path.basename(found) == "harness":
        return [os.path.abspath(found)]
    return [sys.executable, "-m", "harness"]
