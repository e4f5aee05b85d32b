"""The chosen file of each package is the one that pip and uv would install: they are asked."""

import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import uv
from packaging.utils import canonicalize_name

from harness.host.core.architecture import ARCHITECTURES
from harness.lock.core.wheels import require_wheel
from harness.sources.core.target import Target
from harness.sources.index import find
from harness.sources.index_configuration import uv_environment

_PACKAGES = Path(__file__).parents[1] / "fixtures" / "native-packages.txt"
_PINS = [line for line in _PACKAGES.read_text().splitlines() if not line.startswith("#")]
_UV_S_NEWEST_GLIBC = 40
_SELECTED = re.compile(r"Selecting: (\S+?)==\S+ \[compatible\] \((\S+\.whl)\)")

_HERE = Target(
    architecture=next(one for one in ARCHITECTURES.values() if one.machine == platform.machine()),
    python=platform.python_version(),
    glibc=(2, int(platform.libc_ver()[1].split(".")[1])),
)
_TRIXIE = Target(architecture=ARCHITECTURES["x86_64-linux"], python="3.13.5", glibc=(2, 41))
_ARM = Target(architecture=ARCHITECTURES["aarch64-linux"], python="3.11.2", glibc=(2, 36))

Choices = dict[str, str]
"""File names by normalised package name."""


def _harness_chooses(target: Target, pins: Sequence[str] = _PINS) -> Choices:
    found = find(
        ((name, version) for name, _, version in (pin.partition("==") for pin in pins)), target
    )
    return {
        name: require_wheel(name, version, files, target).file for name, version, files in found
    }


def _uv_chooses(target: Target, directory: Path) -> Choices:
    minor = min(target.glibc[1], _UV_S_NEWEST_GLIBC)
    argv = [
        *(uv.find_uv_bin(), "pip", "install", "--verbose", "--dry-run", "--no-deps"),
        *("--only-binary", ":all:", "--target", str(directory), "--python", sys.executable),
        *("--python-version", target.python, "--requirements", str(_PACKAGES)),
        *("--python-platform", f"{target.architecture.machine}-manylinux_2_{minor}"),
    ]
    completed = subprocess.run(
        argv, cwd=directory, env=uv_environment(), check=True, capture_output=True, text=True
    )
    return {canonicalize_name(name): file for name, file in _SELECTED.findall(completed.stderr)}


def _pip_chooses(target: Target, directory: Path, pins: Sequence[str] = _PINS) -> Choices:
    argv = [
        *(sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-deps"),
        *("--only-binary", ":all:", "--quiet", "--report", "-", *pins),
        *([] if target == _HERE else _foreign(target, directory)),
    ]
    only_the_index = {"PIP_EXTRA_INDEX_URL": "", "PIP_FIND_LINKS": ""}
    completed = subprocess.run(
        argv, env=os.environ | only_the_index, check=True, capture_output=True, text=True
    )
    return {
        canonicalize_name(one["metadata"]["name"]): unquote(
            urlsplit(one["download_info"]["url"]).path.rpartition("/")[2]
        )
        for one in json.loads(completed.stdout)["install"]
    }


def _foreign(target: Target, directory: Path) -> list[str]:
    """Return how pip is told of a target that is not the interpreter it runs on."""
    machine, version = target.architecture.machine, target.python.rpartition(".")[0]
    glibcs = [f"manylinux_2_{minor}" for minor in range(target.glibc[1], 16, -1)]
    platforms = [f"{name}_{machine}" for name in (*glibcs, "manylinux2014")]
    abis = [f"cp{version.replace('.', '')}", "abi3", "none"]
    return [
        *("--target", str(directory), "--python-version", version, "--implementation", "cp"),
        *(part for abi in abis for part in ("--abi", abi)),
        *(part for name in platforms for part in ("--platform", name)),
    ]


@pytest.mark.network
@pytest.mark.parametrize(
    "target", [_HERE, _TRIXIE, _ARM], ids=["this interpreter", "3.13 on trixie", "aarch64"]
)
def test_the_chosen_files_are_uv_s(target: Target, tmp_path: Path) -> None:
    assert len(_PINS) >= 150
    assert _harness_chooses(target) == _uv_chooses(target, tmp_path)


@pytest.mark.network
@pytest.mark.slow
def test_the_chosen_files_are_pip_s_on_this_interpreter(tmp_path: Path) -> None:
    assert len(_PINS) >= 150
    assert _harness_chooses(_HERE) == _pip_chooses(_HERE, tmp_path)


@pytest.mark.network
@pytest.mark.slow
def test_the_chosen_files_are_pip_s_for_another_target(tmp_path: Path) -> None:
    some = _PINS[::4]
    assert _harness_chooses(_TRIXIE, some) == _pip_chooses(_TRIXIE, tmp_path, some)
