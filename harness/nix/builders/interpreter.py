"""Give an interpreter that is none of Debian's the shape that base.py closes, and close it.

Runs on that interpreter, as base.py does. In the environment: out, python ("3.12"), close
(base.py), and what base.py takes. Rules: what is made anew, byte code and packages of the
interpreter's own, is removed; `_sysconfigdata` is written one entry a line, as Python's build does.
"""

import os
import re
import runpy
import shutil
from pathlib import Path

OUT = Path(os.environ["out"])
PYTHON = os.environ["python"]
INTERPRETER = OUT / f"usr/bin/python{PYTHON}"
STDLIB = OUT / f"usr/lib/python{PYTHON}"
WHEELS = OUT / "usr/share/python-wheels"
ASKED = ("TZPATH", "WHEEL_PKG_DIR")
"""Entries of `_sysconfigdata` that base.py answers; not every build states them."""
COMPILED_IN = re.compile(rb"(?<=\0)/(?:etc|usr/lib|tools/deps)/ssl(?:/[A-Za-z0-9._/-]*)?(?=\0)")
"""Where OpenSSL, which is linked into the interpreter, looks for its configuration."""


def main() -> None:
    """Prepare the tree, let base.py close it, then close the interpreter itself."""
    prepare()
    data = INTERPRETER.read_bytes()
    replace(INTERPRETER, COMPILED_IN.sub(nowhere, data))
    runpy.run_path(os.environ["close"], run_name="__main__")


def prepare() -> None:
    """Remove what is made anew, and add what base.py adds to."""
    for cache in sorted(STDLIB.rglob("__pycache__")):
        shutil.rmtree(cache)
    shutil.rmtree(STDLIB / "site-packages", ignore_errors=True)
    (STDLIB / "EXTERNALLY-MANAGED").unlink(missing_ok=True)
    (STDLIB / "sitecustomize.py").touch()
    WHEELS.mkdir(parents=True, exist_ok=True)
    for wheel in sorted((STDLIB / "ensurepip/_bundled").glob("*.whl")):
        wheel.rename(WHEELS / wheel.name)
    for path in STDLIB.glob("_sysconfigdata_*.py"):
        known = {**dict.fromkeys(ASKED, ""), **runpy.run_path(str(path))["build_time_vars"]}
        lines = "".join(f" {name!r}: {value!r},\n" for name, value in sorted(known.items()))
        path.write_text(f"build_time_vars = {{\n{lines}}}\n")


def nowhere(match: re.Match[bytes]) -> bytes:
    """Return a path of the same length below /dev/null, where nothing can exist."""
    start = b"/dev/null/" if len(match[0]) > len(b"/dev/null/") else b"/"
    return start.ljust(len(match[0]), b"-")


def replace(path: Path, data: bytes) -> None:
    """Write a program that may be running."""
    new = path.with_name(f".{path.name}")
    new.write_bytes(data)
    new.chmod(0o755)
    new.rename(path)


main()
