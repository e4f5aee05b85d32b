"""The process that reads wheels and Debian packages: a path a line in, a line of JSON out.

It may write no file; memory and processor time are bounded. Whatever it fails with is an answer.
"""

import json
import os
import resource
import sys
import warnings
from pathlib import Path

from harness.libraries.archives import read_deb, read_imports, read_wheel

_MEMORY = 4 << 30
_SECONDS = 600


def main() -> None:
    """Answer until nobody asks any more."""
    sys.dont_write_bytecode = True
    warnings.simplefilter("ignore")
    for kind, most in (
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_CPU, _SECONDS),
    ):
        resource.setrlimit(kind, (most, most))
    told = os.dup(1)
    os.dup2(2, 1)  # what a library prints is not an answer
    for line in sys.stdin:
        os.write(told, json.dumps(answer(*json.loads(line))).encode() + b"\n")


def answer(kind: str, path: str, detail: str) -> dict[str, object]:
    """Return what a wheel holds or imports, or a Debian package has in the directory `detail`."""
    try:
        if kind == "deb":
            return read_deb(Path(path), detail)
        return read_wheel(Path(path)) if kind == "wheel" else read_imports(Path(path))
    except Exception as error:  # noqa: BLE001 - whatever reading fails with is an answer
        return {"unread": f"{type(error).__name__}: {error}"[:200]}
