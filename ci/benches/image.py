"""How long the engine takes to have the image of `serving`, against `docker build` of the same.

Usage: ci/bench image [PACKAGE]... Needs an engine; removes the image from it. The peer installs the
same wheels by pip on the same base, which it has already. Then each package is moved by a version
(default: the lightest, two in the middle, a heavy one), and the new image loaded beside the old;
then moved by another version, and loaded beside that.
"""

import functools
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from harness.container.core.archive import present
from harness.container.engine import connect
from harness.host.processors import current_system
from harness.image.make import BuiltImage, image_of, load
from harness.lock.core.required import required
from harness.lock.read import read_lock
from harness.project.repository import Environment, find_repository
from tests.integration.moved import moved

ROOT = Path(__file__).resolve().parents[2]
_SYSTEM = current_system()
_PEER = "harness-bench-peer"
_MIB = 2**20


def main() -> None:
    """Print a line a measurement, in seconds."""
    (environment,) = find_repository(ROOT).select(["serving"])
    built = image_of(environment, system=_SYSTEM)
    with tempfile.TemporaryDirectory() as name:
        peer = _built_by_docker(environment, built, Path(name))
    ours = _loaded_first(built)
    print(f"docker build: {peer:.1f} s; load: {ours:.1f} s; ratio {ours / peer:.2f}")
    print(f"load again: {_seconds(lambda: load(built)):.2f} s")
    for package in sys.argv[1:] or ["zope-event", "h11", "click", "numpy"]:
        with tempfile.TemporaryDirectory() as name:
            print(f"{package} moved: {_moved(environment, built, package, Path(name))}")


def _built_by_docker(environment: Environment, built: BuiltImage, context: Path) -> float:
    """Return the seconds of `docker build`, the base being there."""
    (context / "wheels").mkdir()
    names = []
    for need in required(read_lock(environment), [_SYSTEM]):
        file = Path(need.path).name.partition("-")[2]
        if file.endswith(".whl") and not file.startswith("installer-"):
            shutil.copyfile(need.path, context / "wheels" / file)
            names.append(f"/wheels/{file}\n")
    (context / "wheels/names").write_text("".join(names))
    base = (environment.roots / "environment").resolve()
    references = _output("nix-store", "--query", "--references", str(base)).split()
    (base,) = (Path(path) for path in references if path.endswith("-base"))
    layer = (built.layout / f"blobs/{built.image.layers[0].digest.replace(':', '/')}").resolve()
    _output("docker", "import", str(layer), f"{_PEER}:base")
    (context / "Dockerfile").write_text(
        f"FROM {_PEER}:base\n"
        "ENV TMPDIR=/\n"
        "COPY wheels /wheels\n"
        f'RUN ["{base}/usr/bin/python3.11", "-m", "venv", "/opt/serving"]\n'
        'RUN ["/opt/serving/bin/python", "-m", "pip", "install", "--no-index", "--no-deps", '
        '"--no-cache-dir", "--requirement", "/wheels/names"]\n'
    )
    argv = ["docker", "build", "--no-cache", "--network=none", f"--tag={_PEER}:built", str(context)]
    seconds = _seconds(lambda: _output(*argv))
    _output("docker", "rmi", "--force", f"{_PEER}:built", f"{_PEER}:base")
    return seconds


def _loaded_first(built: BuiltImage) -> float:
    """Return the seconds of loading into an engine that has no layer of it."""
    with connect() as engine:
        if engine.has_image(built.image.id):
            _output("docker", "rmi", "--force", built.image.id)
        if shared := present(built.image, engine.stacks()):
            sys.exit(f"the engine has {len(shared)} of its layers; remove the images with them")
    return _seconds(lambda: load(built))


def _moved(environment: Environment, built: BuiltImage, package: str, directory: Path) -> str:
    """Load the image with a package moved beside the other, twice; say what that took."""
    said, before, loaded = list[str](), built, list[str]()
    for name in ("once", "again"):
        environment = moved(environment, package, directory / name)
        after = image_of(environment, system=_SYSTEM)
        seconds = _seconds(functools.partial(load, after))
        said.append(f"{name} {seconds:.2f} s ({_changes(before, after)})")
        loaded.append(after.image.id)
        before = after
    _output("docker", "rmi", "--force", *loaded)
    load(built)  # the tag was the other's
    return "; ".join(said)


def _changes(before: BuiltImage, after: BuiltImage) -> str:
    known = {layer.digest for layer in before.image.layers}
    below = present(after.image, [[layer.diff_id for layer in before.image.layers]])
    changed = sum(layer.size for layer in after.image.layers if layer.digest not in known)
    rest = [layer for layer in after.image.layers if layer.digest not in below]
    return (
        f"{changed / _MIB:.2f} MiB changed, {len(rest)} layers of"
        f" {sum(layer.size for layer in rest) / _MIB:.1f} MiB above what stayed"
    )


def _seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def _output(*argv: str) -> str:
    completed = subprocess.run(argv, capture_output=True, text=True, check=False)
    if completed.returncode:
        sys.exit(completed.stdout[-2000:] + completed.stderr[-2000:])
    return completed.stdout


if __name__ == "__main__":
    main()
