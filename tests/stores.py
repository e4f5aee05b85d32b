"""Small repositories with locks whose inputs a server on loopback has."""

import hashlib
import io
import lzma
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

from harness.documents.decode import decode
from harness.documents.toml import parse_toml
from harness.host.processors import current_system
from harness.lock.core.pylock import encode_lock
from harness.lock.core.values import Lock, LockedTarget, Package, Seed
from harness.project.core.spec import EnvSpec, spec_sha256
from harness.sources.core.input import Input
from harness.sources.core.locked_deb import LockedDeb
from harness.store.core import nar
from tests.fakes import Server

_SPEC = 'python = "3.11"\nbase = "debian:bookworm"\ndependencies = []\n'

BUSYBOX = b"\x7fELF, as far as anybody here looks"


def wheel(name: str, size: int, version: str = "1") -> bytes:
    """A wheel of one module, with `size` bytes that do not compress, that installers accept."""
    info = f"{name}-{version}.dist-info"
    noise = hashlib.shake_256(name.encode()).digest(size)
    members = {
        f"{name}.py": b"",
        f"{name}.bin": noise,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in [*members, f"{info}/RECORD"])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, data in {**members, f"{info}/RECORD": record.encode()}.items():
            archive.writestr(zipfile.ZipInfo(path), data)
    return buffer.getvalue()


def busybox_deb() -> bytes:
    """A Debian package that holds bin/busybox."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        member = tarfile.TarInfo("./bin/busybox")
        member.size = len(BUSYBOX)
        archive.addfile(member, io.BytesIO(BUSYBOX))
    data = lzma.compress(tar.getvalue())
    header = f"{'data.tar.xz':16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode()
    return b"!<arch>\n" + header + data + b"\n" * (len(data) % 2)


def seed_hash() -> str:
    """The hash of the tree that the package above is unpacked to."""
    program = nar.Regular(size=len(BUSYBOX), chunks=lambda: [BUSYBOX], executable=True)
    tree = nar.Directory(entries={b"bin": nar.Directory(entries={b"busybox": program})})
    return nar.nar_sha256(tree)


def publish(server: Server, file: str, content: bytes) -> Input:
    """Put a file on the server and return it as a lock names it."""
    server.files[f"/{file}"] = content
    digest = hashlib.sha256(content).hexdigest()
    return Input(file=file, size=len(content), sha256=digest, url=server.url(f"/{file}"))


def _deb(server: Server, package: str, content: bytes) -> LockedDeb:
    file = publish(server, f"{package}_1~x_all.deb", content)
    return LockedDeb(
        package=package, version="1~x", path=f"pool/{file.file}", archive="bookworm", input=file
    )


def _wheel(server: Server, name: str, size: int, version: str) -> Input:
    return publish(server, f"{name}-{version}-py3-none-any.whl", wheel(name, size, version))


def published_lock(server: Server, wheels: int = 3, size: int = 1000, version: str = "1") -> Lock:
    """A lock with some wheels of `size` bytes, two debs, an installer and a seed."""
    packages = tuple(
        Package(
            name=f"p{number}",
            version=version,
            wheels=(_wheel(server, f"p{number}", size, version),),
        )
        for number in range(wheels)
    )
    target = LockedTarget(
        system=current_system(),
        python="3.11.2",
        glibc=(2, 36),
        seed=Seed(deb=_deb(server, "busybox-static", busybox_deb()), nar_sha256=seed_hash()),
        debs=(_deb(server, "bash", b"bash"),),
        tools=(_deb(server, "patchelf", b"patchelf"),),
        wheels=tuple(package.wheels[0].file for package in packages),
        layers=tuple((package.name,) for package in packages),
    )
    return Lock(
        base="debian:bookworm",
        suites=("bookworm", "bookworm-updates", "bookworm-security"),
        debian_packages=(),
        spec_sha256=spec_sha256(
            decode(EnvSpec, parse_toml(_SPEC.encode(), "env.toml"), "env.toml")
        ),
        requires_python="==3.11.*",
        installer=publish(server, "installer-1-py3-none-any.whl", wheel("installer", 10)),
        packages=packages,
        targets={target.system: target},
    )


def write_repository(root: Path, **locks: Lock) -> None:
    """Write a repository with these environments."""
    (root / "harness.toml").write_text("")
    for name, lock in locks.items():
        directory = root / "envs" / name
        directory.mkdir(parents=True)
        (directory / "env.toml").write_text(_SPEC)
        (directory / "pylock.toml").write_bytes(encode_lock(lock))


def with_wrong_seed(lock: Lock) -> Lock:
    """The lock with another hash for what its seed is unpacked to."""
    system, target = next(iter(lock.targets.items()))
    seed = replace(target.seed, nar_sha256="1" * 64)
    return replace(lock, targets={system: replace(target, seed=seed)})


def without_deb_urls(lock: Lock) -> Lock:
    """The lock with its Debian packages named by their path below a mirror's root only."""

    def bare(deb: LockedDeb) -> LockedDeb:
        return replace(deb, input=replace(deb.input, url=None))

    system, target = next(iter(lock.targets.items()))
    target = replace(
        target,
        seed=replace(target.seed, deb=bare(target.seed.deb)),
        debs=tuple(map(bare, target.debs)),
        tools=tuple(map(bare, target.tools)),
    )
    return replace(lock, targets={system: target})


def with_index(server: Server, lock: Lock) -> Lock:
    """The lock without its wheels' addresses, which the server's index (PEP 503) now has."""
    wheels = [lock.installer, *(wheel for package in lock.packages for wheel in package.wheels)]
    for wheel_input in wheels:
        name = wheel_input.file.split("-")[0]
        line = f'<a href="/{wheel_input.file}#sha256={wheel_input.sha256}">{wheel_input.file}</a>\n'
        page = server.files.get(f"/simple/{name}/", b"<!doctype html>\n")
        server.files[f"/simple/{name}/"] = page + line.encode()
    bare = tuple(
        replace(package, wheels=tuple(replace(w, url=None) for w in package.wheels))
        for package in lock.packages
    )
    return replace(lock, packages=bare, installer=replace(lock.installer, url=None))
