"""One's own package, by a backend that the project brings itself: nothing is downloaded."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.build.own import require_committed
from harness.build.realise import build
from harness.build.shell import enter
from harness.errors import InputError
from harness.host import process
from harness.host.processors import current_system
from harness.lock.core.pylock import decode_lock, encode_lock
from harness.lock.core.values import LockedProject
from harness.project.core.spec import spec_sha256
from harness.project.library import library
from harness.project.repository import Environment
from harness.store import nix
from tests.integration.conftest import ROOT, Shipped
from tests.repositories import git

pytestmark = pytest.mark.nix

_SYSTEM = current_system()
_NIX = ["nix", "--extra-experimental-features", "nix-command flakes", *nix.options()]
_PYPROJECT = """
[project]
name = "own-demo"
version = "1.2"
[build-system]
requires = []
build-backend = "made"
backend-path = ["backend"]
"""
_BACKEND = """
import os, zipfile

INFO = {
    "METADATA": "Metadata-Version: 2.1\\nName: own-demo\\nVersion: 1.2\\n",
    "WHEEL": "Wheel-Version: 1.0\\nGenerator: made\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    "entry_points.txt": "[console_scripts]\\nown-demo = own_demo:main\\n",
    "RECORD": "",
}

def made(directory, members):
    name = "own_demo-1.2-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(directory, name), "w") as archive:
        for member, text in members.items():
            archive.writestr(member, text)
        for file, text in INFO.items():
            archive.writestr(f"own_demo-1.2.dist-info/{file}", text)
    return name

def build_wheel(directory, config=None, metadata=None):
    return made(directory, {"own_demo.py": open("src/own_demo.py").read()})

def build_editable(directory, config=None, metadata=None):
    return made(directory, {"own.pth": os.path.abspath("src") + "\\n"})
"""
_FLAKE = "{ outputs = { self }: (import ./nix/harness).mkFlake { environments = ./envs; }; }"
_SPEC = """
python = "3.11"
base = "debian:bookworm"
dependencies = []
[project]
path = "../.."
"""
_CODE = 'def main() -> None:\n    print("first")\n'


@pytest.fixture(name="own")
def _own(serving: Shipped, tmp_path: Path) -> Environment:
    """Return an environment with nothing but the package, on the base of the demo."""
    assert serving.base.exists()
    files = {
        "pyproject.toml": _PYPROJECT,
        "backend/made.py": _BACKEND,
        "src/own_demo.py": _CODE,
        "flake.nix": _FLAKE,
        ".gitignore": ".harness/\n",
        "envs/a/env.toml": _SPEC,
        **library(),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    environment = Environment("a", tmp_path / "envs/a", tmp_path)
    shipped = decode_lock((ROOT / "envs/serving/pylock.toml").read_bytes(), "pylock.toml")
    target = replace(shipped.targets[_SYSTEM], wheels=(), layers=())
    lock = replace(
        shipped,
        packages=(),
        targets={_SYSTEM: target},
        spec_sha256=spec_sha256(environment.spec()),
        project=LockedProject(name="own-demo", editable=True),
    )
    environment.lock_path.write_bytes(encode_lock(lock))
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "one")
    return environment


def _by_flake(root: Path, attribute: str) -> str:
    argv = [*_NIX, "eval", "--raw", f"{root}#{attribute}"]
    return process.check(argv, env=nix.environment(), timeout=120)


def test_a_wheel_of_what_is_tracked_is_built_and_a_shell_sees_the_files(own: Environment) -> None:
    (tree,) = build(own, system=_SYSTEM).outputs
    assert process.check([f"{tree}/bin/own-demo"], env={}) == "first\n"
    assert _by_flake(own.repository, f"packages.{_SYSTEM}.a.outPath") == tree
    require_committed(own, dirty=False)

    (own.repository / "src/own_demo.py").write_text(_CODE.replace("first", "two"))
    with pytest.raises(InputError, match=r"^src/own_demo.py: changed since the last commit"):
        require_committed(own, dirty=False)
    (changed,) = build(own, system=_SYSTEM).outputs
    assert process.check([f"{changed}/bin/own-demo"], env={}) == "two\n"
    assert _by_flake(own.repository, f"packages.{_SYSTEM}.a.outPath") == changed

    developed, base, _ = build(own, ("developed", "base", "develop"), system=_SYSTEM).outputs
    seen = {"HARNESS_PROJECT": str(own.repository)}
    assert process.check([f"{developed}/bin/own-demo"], env=seen) == "two\n"
    (own.repository / "src/own_demo.py").write_text(_CODE.replace("first", "three"))
    assert process.check([f"{developed}/bin/own-demo"], env=seen) == "three\n"
    assert enter(own, ["own-demo"], system=_SYSTEM, on_progress=lambda _: None).warnings == ()
    hook = _by_flake(own.repository, f"devShells.{_SYSTEM}.a.shellHook")
    there = own.repository / "src"
    argv = [f"{base}/bin/bash", "-c", f"{hook}\nown-demo"]
    assert process.check(argv, cwd=there, env={"PATH": "/usr/bin:/bin"}) == "three\n"
