"""The bases as Debian serves them, with apt's choice and Nix's hash as known answers."""

import re
from pathlib import Path

import pytest

from harness.documents.decode import decode
from harness.host import process
from harness.host.http import session
from harness.lock.base import BaseLock, lock_base
from harness.project.core.spec import EnvSpec
from harness.sources import debian
from harness.sources.core.debian.closure import NOT_FOLLOWED
from harness.sources.download import download

pytestmark = pytest.mark.network

_SYSTEM = "x86_64-linux"
_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_EXTRA = ("libgl1", "ffmpeg", "libpq5", "libhdf5-dev")
"""Packages of a wide closure, so that apt has something to disagree about."""


_GLIBC = {"3.11": (2, 36), "3.13": (2, 41)}
_FOREIGN = re.compile(
    r"perl|ruby|lua\d|tcl|gawk|mawk|nodejs|guile|dpkg|(gcc|g\+\+|cpp|clang)(-\d+)?$|binutils|.*-dev$"
)
"""Other interpreters, compilers, package managers."""


def _spec(suite: str, *packages: str) -> EnvSpec:
    python = {"bookworm": "3.11", "trixie": "3.13"}[suite]
    document = {"python": python, "base": f"debian:{suite}", "dependencies": []}
    return decode(EnvSpec, {**document, "debian-packages": [*packages]}, "env.toml")


@pytest.fixture(scope="module", name="spec", params=["bookworm", "trixie"])
def _plain_spec(request: pytest.FixtureRequest) -> EnvSpec:
    return _spec(request.param)


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


def _versions(base: BaseLock) -> dict[str, str]:
    return {deb.package: deb.version for deb in base.debs}


@pytest.mark.parametrize("suite", ["bookworm", "trixie"])
@pytest.mark.parametrize("packages", [(), _EXTRA], ids=["plain", "wide"])
def test_chooses_what_apt_chooses(suite: str, packages: tuple[str, ...], tmp_path: Path) -> None:
    spec = _spec(suite, *packages)
    interpreter = f"python{spec.python}"
    roots = ["bash", "ca-certificates", "libc-bin", "libgcc-s1", "libgomp1", "libstdc++6", "tzdata"]
    expected = _apt_choice(spec, [*roots, interpreter, f"{interpreter}-venv", *packages], tmp_path)
    assert _versions(lock_base(spec, _SYSTEM)) == expected


def test_knows_the_interpreter_and_the_c_library(spec: EnvSpec, base: BaseLock) -> None:
    versions = _versions(base)
    assert versions[f"python{spec.python}"].startswith(f"{base.python}-")
    assert base.python.startswith(f"{spec.python}.")
    assert base.glibc == _GLIBC[spec.python]


def test_a_base_holds_no_compiler_and_no_other_interpreter(spec: EnvSpec, base: BaseLock) -> None:
    names = _versions(base).keys()
    assert [name for name in names if _FOREIGN.match(name)] == []
    assert [name for name in names if re.fullmatch(r"python\d\.\d+", name)] == [
        f"python{spec.python}"
    ]


def test_the_same_index_gives_the_same_base(spec: EnvSpec, base: BaseLock) -> None:
    assert lock_base(spec, _SYSTEM) == base


@pytest.mark.nix
def test_the_seed_is_what_dpkg_unpacks_and_nix_hashes(base: BaseLock, tmp_path: Path) -> None:
    deb, tree, seed = tmp_path / "a.deb", tmp_path / "tree", tmp_path / "seed"
    (url, *_) = debian.deb_urls(base.seed.deb)
    download(session(), url, base.seed.deb.input, deb, lambda _: None)
    process.check(["dpkg-deb", "--extract", str(deb), str(tree)])
    (busybox,) = tree.rglob("bin/busybox")
    (seed / "bin").mkdir(parents=True)
    busybox.rename(seed / "bin/busybox")
    assert (
        process.check(["nix-hash", "--type", "sha256", str(seed)]).strip() == base.seed.nar_sha256
    )
