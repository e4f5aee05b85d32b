import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from harness.documents.decode import decode
from harness.errors import InputError, IntegrityError, ToolError
from harness.lock.base import BaseLock, kept_base, lock_base, lock_compiler
from harness.project.core.bases import BASES, Base, Interpreter
from harness.project.core.spec import EnvSpec
from tests import fakes
from tests.locks import target
from tests.mirrors import Keys, Mirror, signed_by

_SYSTEM = "x86_64-linux"
_BUSYBOX = b"#!/bin/false\n"
_VERSIONS = {
    "bash": "5.2.15-2+b7",
    "ca-certificates": "20230311",
    "libc-bin": "2.36-9",
    "libc6": "2.36-9+deb12u9",
    "libgcc-s1": "12.2.0-14",
    "libgomp1": "12.2.0-14",
    "libstdc++6": "12.2.0-14",
    "patchelf": "0.14.3-1",
    "python3.11": "3.11.2-6+deb12u6",
    "python3.11-venv": "3.11.2-6+deb12u6",
    "tzdata": "2024a-0",
}
_DEPENDS = {
    "libstdc++6": "libc6 (>= 2.36)",
    "python3.11": "libc6, media-types | mime-support",
    "patchelf": "libc6, libelf",
    "ca-certificates": "openssl (>= 1.1.1), debconf",
}


def _entry(name: str, version: str, content: bytes, **fields: str) -> Mapping[str, str]:
    entry = {"Package": name, "Version": version, "Filename": f"pool/main/{name}_{version}.deb"}
    digest = sha256(content).hexdigest()
    return {**entry, "Size": str(len(content)), "SHA256": digest, **fields}


def _entries() -> list[Mapping[str, str]]:
    names = {**_VERSIONS, "libelf": "1", "media-types": "10"}
    return [
        _entry(name, version, name.encode(), Depends=_DEPENDS.get(name, ""))
        for name, version in names.items()
    ]


def _busybox(directory: Path) -> bytes:
    tree = directory / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(
        "Package: busybox-static\nVersion: 1\nArchitecture: all\nMaintainer: n\nDescription: d\n"
    )
    (tree / "bin").mkdir()
    (tree / "bin/busybox").write_bytes(_BUSYBOX)
    deb = directory / "busybox.deb"
    subprocess.run(["dpkg-deb", "-Zxz", "--build", tree, deb], check=True, capture_output=True)
    return deb.read_bytes()


@pytest.fixture(scope="module", name="keys")
def _keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keys]:
    keys = Keys.made(tmp_path_factory.mktemp("keys"))
    yield keys
    keys.forget()


@pytest.fixture(name="mirror")
def _mirror(keys: Keys, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Mirror]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    signed_by(monkeypatch, keys.keyring)
    deb = _busybox(tmp_path)
    seed = _entry("busybox-static", "1:1.35.0-4", deb)
    with fakes.serving() as server:
        mirror = Mirror(server, keys)
        monkeypatch.setenv("HARNESS_DEBIAN_MIRROR", mirror.url)
        server.files[f"/debian/{seed['Filename']}"] = deb
        mirror.publish("bookworm", entries=[*_entries(), seed])
        mirror.publish("bookworm-updates", entries=[_entry("tzdata", "2025b-0", b"newer")])
        yield mirror


def _spec(*packages: str) -> EnvSpec:
    document = {
        "python": "3.11",
        "base": "debian:bookworm",
        "suites": ["bookworm", "bookworm-updates"],
        "dependencies": [],
        "debian-packages": [*packages],
    }
    return decode(EnvSpec, document, "env.toml")


def _versions(base: BaseLock) -> dict[str, str]:
    return {deb.package: deb.version for deb in base.debs}


@pytest.mark.usefixtures("mirror")
def test_locks_the_interpreter_with_what_it_needs() -> None:
    base = lock_base(_spec(), _SYSTEM)
    wanted = {**_VERSIONS, "media-types": "10", "tzdata": "2025b-0"}
    del wanted["patchelf"]
    assert _versions(base) == wanted
    assert list(_versions(base)) == sorted(wanted)
    assert (base.python, base.glibc) == ("3.11.2", (2, 36))
    assert {deb.archive for deb in base.debs if deb.package == "tzdata"} == {"bookworm-updates"}


def test_a_row_more_has_keys_and_packages_of_its_own(
    mirror: Mirror, keys: Keys, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    row = Base(
        name="other:one",
        python="3.11",
        suites=("one",),
        keyring=str(keys.keyring),
        packages=("bash", "libc6", "python{python}"),
        tools=("libelf",),
    )
    monkeypatch.setitem(BASES, row.name, row)
    deb = mirror.server.files["/debian/pool/main/busybox-static_1:1.35.0-4.deb"]
    mirror.publish("one", entries=[*_entries(), _entry("busybox-static", "1:1.35.0-4", deb)])
    signed_by(monkeypatch, tmp_path / "none.gpg")
    monkeypatch.setitem(BASES, row.name, row)
    document = {"python": "3.11", "base": "other:one", "dependencies": []}
    base = lock_base(decode(EnvSpec, document, "env.toml"), _SYSTEM)
    assert "ca-certificates" not in _versions(base)
    assert [deb.package for deb in base.tools] == ["libelf"]
    assert {deb.archive for deb in base.debs} == {"one"}


def test_an_interpreter_of_a_row_takes_the_place_of_debians(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Interpreter(version="3.11.9", release="20261021", sha256={_SYSTEM: "a" * 64})
    packages = ("bash", "libc6", "libstdc++6")
    row = replace(BASES["debian:bookworm"], packages=packages, interpreter=own)
    monkeypatch.setitem(BASES, row.name, row)
    file = "cpython-3.11.9%2B20261021-x86_64-unknown-linux-gnu-install_only_stripped.tar.gz"
    mirror.server.files[f"/pythons/20261021/{file}"] = b"1234"
    monkeypatch.setenv("HARNESS_PYTHON_MIRROR", mirror.server.url("/pythons"))
    base = lock_base(_spec(), _SYSTEM)
    assert base.python == "3.11.9"
    assert base.interpreter
    assert base.interpreter.input.size == 4
    assert not any("python" in name for name in _versions(base))


def test_a_base_without_a_compiler_says_so() -> None:
    document = {"python": "3.12", "base": "debian:trixie+python3.12", "dependencies": []}
    with pytest.raises(InputError, match=r"\+python3\.12 has no headers of its Python"):
        lock_compiler(decode(EnvSpec, document, "env.toml"), _SYSTEM)


@pytest.mark.usefixtures("mirror")
def test_tools_are_what_the_base_does_not_hold() -> None:
    tools = [deb.package for deb in lock_base(_spec(), _SYSTEM).tools]
    assert tools == ["libelf", "patchelf"]
    with_library = lock_base(_spec("libelf"), _SYSTEM)
    assert "libelf" in _versions(with_library)
    assert [deb.package for deb in with_library.tools] == ["patchelf"]


@pytest.mark.usefixtures("mirror")
def test_a_compiler_is_whole_and_has_what_env_toml_adds(monkeypatch: pytest.MonkeyPatch) -> None:
    row = replace(BASES["debian:bookworm"], compiler=("libstdc++6",))
    monkeypatch.setitem(BASES, "debian:bookworm", row)
    assert [deb.package for deb in lock_compiler(_spec(), _SYSTEM)] == ["libc6", "libstdc++6"]
    more = replace(_spec(), compiler_packages=("patchelf",))
    assert [deb.package for deb in lock_compiler(more, _SYSTEM)] == [
        *("libc6", "libelf", "libstdc++6", "patchelf"),
    ]
    with pytest.raises(InputError, match=r"^compiler-packages: no package 'nowhere'"):
        lock_compiler(replace(more, compiler_packages=("nowhere",)), _SYSTEM)


@pytest.mark.nix
@pytest.mark.usefixtures("mirror")
def test_the_seed_is_busybox_alone(tmp_path: Path) -> None:
    program = tmp_path / "seed/bin/busybox"
    program.parent.mkdir(parents=True)
    program.write_bytes(_BUSYBOX)
    program.chmod(0o755)
    argv = ["nix-hash", "--type", "sha256", str(tmp_path / "seed")]
    known = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()
    assert lock_base(_spec(), _SYSTEM).seed.nar_sha256 == known


def test_a_seed_that_is_not_the_indexs_is_refused(mirror: Mirror) -> None:
    path = next(path for path in mirror.server.files if "busybox" in path)
    mirror.server.files[path] = bytes(len(mirror.server.files[path]))
    with pytest.raises(IntegrityError, match="busybox-static"):
        lock_base(_spec(), _SYSTEM)


def test_a_seed_that_no_mirror_has_is_the_worlds_fault(mirror: Mirror) -> None:
    del mirror.server.files[next(path for path in mirror.server.files if "busybox" in path)]
    with pytest.raises(ToolError, match="busybox-static"):
        lock_base(_spec(), _SYSTEM)


@pytest.mark.usefixtures("mirror")
def test_a_package_that_debian_does_not_have_is_the_users_fault() -> None:
    with pytest.raises(InputError, match=r"debian-packages: no package 'lib-' in bookworm, book"):
        lock_base(_spec("lib-"), _SYSTEM)
    with pytest.raises(InputError, match=r"no package 'libelff' in .*; did you mean 'libelf'"):
        lock_base(_spec("libelff"), _SYSTEM)


@pytest.mark.parametrize(
    "change",
    [{"Size": "many"}, {"Size": "0"}, {"SHA256": "0"}, {"Filename": "pool/"}],
)
def test_an_entry_that_names_no_file_is_refused(mirror: Mirror, change: dict[str, str]) -> None:
    mirror.publish("bookworm-updates", entries=[_entry("bash", "9", b"newer", **change)])
    with pytest.raises(IntegrityError, match="the index's entry of bash: "):
        lock_base(_spec(), _SYSTEM)


def test_a_base_is_kept_as_it_was() -> None:
    previous = replace(target(_SYSTEM, ()), python="3.11.9")
    kept = kept_base(previous)
    assert (kept.python, kept.glibc, kept.seed) == ("3.11.9", (2, 36), previous.seed)
    assert (kept.debs, kept.tools) == (previous.debs, previous.tools)
