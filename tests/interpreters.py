"""An archive laid out as python-build-standalone's are, made from Debian's own interpreter."""

import gzip
import json
import runpy
import shutil
import subprocess
import tarfile
from collections.abc import Iterable
from pathlib import Path

_OF_OTHERS = ("dist-packages", "sitecustomize.py", "EXTERNALLY-MANAGED")


def archive(debs: Iterable[Path], python: str, destination: Path) -> Path:
    """Write the archive of Debian packages; what it lacks of libraries, Debian's packages bring."""
    tree = destination.parent / "unpacked"
    for deb in debs:
        subprocess.run(["dpkg-deb", "-x", deb, tree], check=True)
    own = destination.parent / "python"
    (own / "bin").mkdir(parents=True)
    shutil.copy(tree / f"usr/bin/python{python}", own / "bin")
    library = own / f"lib/python{python}"
    shutil.copytree(
        tree / f"usr/lib/python{python}", library, ignore=shutil.ignore_patterns(*_OF_OTHERS)
    )
    bundled = library / "ensurepip/_bundled"
    bundled.mkdir(parents=True, exist_ok=True)
    for wheel in (tree / "usr/share/python-wheels").glob("pip-*.whl"):
        shutil.copy(wheel, bundled)
    (library / "site-packages").mkdir()
    (library / "site-packages/theirs.py").write_text("")
    for path in library.glob("_sysconfigdata_*.py"):
        known = runpy.run_path(str(path))["build_time_vars"]
        path.write_text(f"build_time_vars = {json.dumps(known, indent=4)}\n")
    with (
        destination.open("wb") as file,
        gzip.GzipFile("", "wb", 1, file, mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w") as packed,
    ):
        packed.add(own, "python", filter=_without_time)
    return destination


def _without_time(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Make it the same archive each time, so that a base of it that is built stays built."""
    member.mtime = 0
    return member
