"""The bases as Debian serves them, with apt's choice and Nix's hash as known answers."""

import re
from pathlib import Path

import pytest

from harness.adapters import debian, process
from harness.core.debian.closure import NOT_FOLLOWED
from harness.core.spec import EnvSpec, decode_spec
from harness.flows.base import BaseLock, lock_base

pytestmark = [pytest.mark.network, pytest.mark.slow]

_SYSTEM = "x86_64-linux"
_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_EXTRA = ("libgl1", "ffmpeg", "libpq5", "libhdf5-dev")
"""Packages of a wide closure, so that apt has something to disagree about."""


@pytest.fixture(scope="module", name="spec", params=["bookworm", "trixie"])
def _spec(request: pytest.FixtureRequest) -> EnvSpec:
    python = {"bookworm": "3.11", "trixie": "3.13"}[request.param]
    document = {
        "python": python,
        "base": f"debian:{request.param}",
        "dependencies": [],
        "debian-packages": list(_EXTRA),
    }
    return decode_spec(document, "env.toml")


@pytest.fixture(scope="module", name="base")
def _base(spec: EnvSpec) -> BaseLock:
    return lock_base(spec, _SYSTEM)


def _apt_choice(spec: EnvSpec, roots: list[str], state: Path) -> dict[str, str]:
    """Return what apt would install on a machine that has what a base leaves out."""
    for directory in ("lists/partial", "cache/archives/partial", "etc/preferences.d"):
        (state / directory).mkdir(parents=True)
    (state / "sources.list").write_text(
        "".join(
            f"deb [signed-by={_KEYRING} arch=amd64] {debian.mirrors(suite)[0]} {suite} main\n"
            for suite in spec.suites
        )
    )
    (state / "status").write_text(
        "".join(
            f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\n"
            "Multi-Arch: allowed\nMaintainer: nobody\nDescription: left out\n"
            f"Version: {spec.python if name == 'python3' else '9:9'}\n\n"
            for name in NOT_FOLLOWED
        )
    )
    settings = {
        "Dir::Etc": state / "etc",
        "Dir::Etc::SourceList": state / "sources.list",
        "Dir::State": state,
        "Dir::State::Lists": state / "lists",
        "Dir::State::Status": state / "status",
        "Dir::Cache": state / "cache",
        "APT::Architecture": "amd64",
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
    }
    options = [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]
    process.check(["apt-get", *options, "-q", "update"])
    said = process.check(["apt-get", *options, "-q", "--simulate", "install", *roots])
    return dict(re.findall(r"^Inst (\S+) \((\S+) ", said, re.MULTILINE))


def test_chooses_what_apt_chooses(spec: EnvSpec, base: BaseLock, tmp_path: Path) -> None:
    interpreter = f"python{spec.python}"
    roots = ["bash", "ca-certificates", "libc-bin", "libgcc-s1", "libgomp1", "libstdc++6", "tzdata"]
    roots += [interpreter, f"{interpreter}-venv", *spec.debian_packages]
    expected = _apt_choice(spec, roots, tmp_path)
    assert {deb.package: deb.version for deb in base.debs} == expected
