"""Readers of archives and texts that come from outside, with contents to damage."""

import io
import lzma
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

from harness.diff import layer_files
from harness.documents.decode import decode
from harness.documents.toml import parse_toml
from harness.host import tarballs
from harness.lock.core.pylock import decode_lock
from harness.project.core.spec import EnvSpec
from harness.sbom.core.wheel_metadata import decode_metadata
from harness.sbom.wheel_files import read_metadata
from harness.sources import deb as archives
from harness.sources import debian
from harness.sources.core.debian.control import parse_control
from harness.store.core.derivation import parse_derivation
from tests.formats.seeds import Pair

_ENVIRONMENT = Path(__file__).parent.parent / "envs/serving"
_WHEEL = "a-1-py3-none-any.whl"
_METADATA = (
    b'Metadata-Version: 2.1\nName: a\nVersion: 1\nRequires-Dist: b>=1; python_version < "4"\n\nx\n'
)
_CONTROL = b"Package: a\nVersion: 1\nDepends: b,\n c\n\nPackage: b\nVersion: 2\n"


def _wheel(path: Path) -> None:
    decode_metadata(read_metadata(path, _WHEEL))


def _until(path: Path) -> None:
    debian._check_date({"valid-until": path.read_text("latin-1")}, "InRelease")


def _control(path: Path) -> None:
    list(parse_control(path.read_text("utf-8", "replace").split("\n"), "Packages"))


def _packages(path: Path) -> None:
    debian._unpacked(path.read_bytes(), "Packages.xz")


def _deb(path: Path) -> None:
    archives.read_deb_file(path, "bin/busybox", limit=2**20)


def _tarball(path: Path) -> None:
    with tarballs.opened(path) as found:
        for name in found.names if found else ():
            _ = found.read(name) if found else None
    tarballs.plain_sha256(path)
    layer_files.read_contents([path])


def _derivation(path: Path) -> None:
    parse_derivation(path.read_bytes(), "a.drv")


def _lock(path: Path) -> None:
    decode_lock(path.read_bytes(), "pylock.toml")


def _spec(path: Path) -> None:
    decode(EnvSpec, parse_toml(path.read_bytes(), "env.toml"), "env.toml")


def _both(read: Callable[[Path], None], *contents: bytes) -> Iterator[object]:
    with tempfile.TemporaryDirectory(prefix="read") as directory:
        path = Path(directory, "content")
        for content in contents:
            path.write_bytes(content)
            read(path)
            yield path


def _zip(method: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("a-1.dist-info/METADATA", _METADATA * 20)
        archive.writestr("a/__init__.py", b"")
    return file.getvalue()


def _tar(*, packed: bool) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz" if packed else "w") as archive:
        for name in ("./bin/busybox", "var/lib/dpkg/status"):
            member = tarfile.TarInfo(name)
            member.size = len(_CONTROL)
            archive.addfile(member, io.BytesIO(_CONTROL))
    return file.getvalue()


def _package(data: bytes) -> bytes:
    return b"!<arch>\n%-16s%-32d%-10d`\n%s" % (b"data.tar.xz", 0, len(data), data)


def _pair(form: str, first: bytes, second: bytes) -> Pair:
    return Pair(path=form, first=first, second=second, format=form, field="")


_DERIVATION = (
    b'Derive([("out","/nix/store/00000000000000000000000000000000-a","","")],[],[],'
    b'"x86_64-linux","/bin/sh",["-c","true"],[("name","a")])'
)
_READ = {
    "wheel": _wheel,
    "Valid-Until": _until,
    "control": _control,
    "Packages.xz": _packages,
    "deb": _deb,
    "tarball": _tarball,
    "derivation": _derivation,
    "lock": _lock,
    "env.toml": _spec,
}
READERS: Mapping[str, Callable[[bytes, bytes], Iterator[object]]] = MappingProxyType(
    {form: partial(_both, read) for form, read in _READ.items()}
)
"""What reads two contents of a format; it raises HarnessError for what it refuses."""

PAIRS = (
    _pair("wheel", _zip(zipfile.ZIP_DEFLATED), _zip(zipfile.ZIP_LZMA)),
    _pair("wheel", _zip(zipfile.ZIP_STORED), _zip(zipfile.ZIP_BZIP2)),
    _pair("Valid-Until", b"Sat, 01 Jan 2999 00:00:00 UTC", b"Sat, 1 Jan 2999 00:00:00 -0000"),
    _pair("control", _CONTROL, _CONTROL * 2),
    _pair("Packages.xz", lzma.compress(_CONTROL), lzma.compress(_CONTROL * 9)),
    _pair(
        "deb",
        _package(lzma.compress(_tar(packed=False))),
        _package(lzma.compress(_tar(packed=False))[:-9]),
    ),
    _pair("tarball", _tar(packed=False), _tar(packed=True)),
    _pair("derivation", _DERIVATION, _DERIVATION.replace(b"-c", b"-x")),
    _pair(
        "lock",
        (_ENVIRONMENT / "pylock.toml").read_bytes()[:3000],
        (_ENVIRONMENT / "pylock.toml").read_bytes(),
    ),
    _pair("env.toml", (_ENVIRONMENT / "env.toml").read_bytes(), b'python = "3.11"\n'),
)
