"""Unpack one wheel into $out with PyPA's installer, then compile its modules.

In the environment: out, wheel, file (the wheel's name), installer (unpacked), bytecode, base,
python ("3.11").
Scripts start with the base's interpreter here; the environment gives them its own.
"""

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, os.environ["installer"])

from installer import install
from installer.destinations import SchemeDictionaryDestination
from installer.sources import WheelFile

OUT = Path(os.environ["out"])
SITE_PACKAGES = OUT / f"lib/python{os.environ['python']}/site-packages"
INTERPRETER = f"{os.environ['base']}/usr/bin/python{os.environ['python']}"


def main() -> None:
    """Install, with the file list of the wheel checked against the files."""
    OUT.mkdir()
    named = Path(os.environ["TMPDIR"]) / os.environ["file"]  # a store path's name is no wheel's
    named.symlink_to(os.environ["wheel"])
    with WheelFile.open(named) as source:
        source.validate_record(validate_contents=False)
        destination = SchemeDictionaryDestination(
            {
                "purelib": str(SITE_PACKAGES),
                "platlib": str(SITE_PACKAGES),
                "scripts": str(OUT / "bin"),
                "headers": str(OUT / "include" / source.distribution),
                "data": str(OUT),
            },
            interpreter=INTERPRETER,
            script_kind="posix",
        )
        install(source, destination, additional_metadata={"INSTALLER": b"harness\n"})
    if SITE_PACKAGES.exists():
        subprocess.run([INTERPRETER, "-s", os.environ["bytecode"], SITE_PACKAGES], check=True)


main()
