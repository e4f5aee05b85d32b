"""Archives of python-build-standalone: where they are served, and which one a base means.

A mirror is the directory of the releases: HARNESS_PYTHON_MIRROR, else UV_PYTHON_INSTALL_MIRROR,
which uv reads, else the project's own. It is believed in nothing: the archive's hash stands in the
row of the base.
"""

import os
from urllib.parse import quote

from harness.errors import InputError, MachineError
from harness.host.core.architecture import ARCHITECTURES
from harness.project.core.bases import Interpreter
from harness.render.address import problem
from harness.sources.core.input import Input
from harness.sources.core.listed import SHA256, Listed, as_input
from harness.sources.core.locked_interpreter import LockedInterpreter
from harness.sources.obtain import complete

_VARIABLES = ("HARNESS_PYTHON_MIRROR", "UV_PYTHON_INSTALL_MIRROR")
_OWN = "https://github.com/astral-sh/python-build-standalone/releases/download"
_FILE = "cpython-{version}+{release}-{machine}-unknown-linux-gnu-install_only_stripped.tar.gz"


def lock_interpreter(row: Interpreter, system: str) -> LockedInterpreter:
    """Return the archive for a system, whose size the mirror tells.

    Raises:
        InputError: there is none for the system.
        ToolError: the mirror cannot be reached, or does not have it.

    """
    if system not in row.sha256:
        raise InputError(f"targets: Python {row.version} is not there for {system}")
    machine = ARCHITECTURES[system].machine
    file = _FILE.format(version=row.version, release=row.release, machine=machine)
    hashes = {SHA256: row.sha256[system]}
    known = complete(Listed(file=file, hashes=hashes, url=_url(row.release, file)))
    return LockedInterpreter(release=row.release, input=_without_address(as_input(known)))


def interpreter_url(one: LockedInterpreter) -> str:
    """Return where an archive is.

    Raises:
        MachineError: what a variable holds is not an address.

    """
    return _url(one.release, one.input.file)


def _without_address(file: Input) -> Input:
    return Input(file=file.file, size=file.size, sha256=file.sha256)


def _url(release: str, file: str) -> str:
    for name in _VARIABLES:
        if mirror := os.environ.get(name, "").rstrip("/"):
            if wrong := problem(mirror):
                raise MachineError(f"{name}: {wrong}")
            return f"{mirror}/{release}/{quote(file)}"
    return f"{_OWN}/{release}/{quote(file)}"
