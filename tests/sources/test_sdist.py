import gzip
import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from harness.errors import InputError
from harness.sources import sdist
from harness.sources.sdist import read_info, read_sdist

_PIN = ("own", "1")
_FILES = {
    "own-1/pyproject.toml": b"[build-system]\nrequires = ['flit_core']\n",
    "own-1/PKG-INFO": b"Metadata-Version: 2.4\nName: own\nVersion: 1\nRequires-Python: >=3.9\n",
    "own-1/own/pyproject.toml": b"[build-system]\nrequires = ['another']\n",
    "own-1/own/fast.c": b"int one;\n",
}


def _tar(path: Path) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in _FILES.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def _zip(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in _FILES.items():
            archive.writestr(name, content)
    return path


def test_a_tar_and_a_zip_archive_are_read_alike(tmp_path: Path) -> None:
    read = read_sdist(_tar(tmp_path / "own-1.tar.gz"), _PIN)
    assert read == read_sdist(_zip(tmp_path / "own-1.zip"), _PIN)
    assert read.requires == ("flit_core",)
    assert read.compiled
    assert read.stated is not None
    assert read.stated.requires_python == ">=3.9"


def _incompressible(size: int) -> bytes:
    return hashlib.shake_128(b"own").digest(size)


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own-1.tar.gz"
    path.write_bytes(b"no archive")
    with pytest.raises(InputError, match=r"^own-1\.tar\.gz: not an sdist: "):
        read_sdist(path, _PIN)
    path.write_bytes(_tar(tmp_path / "whole.tar.gz").read_bytes()[:100])
    with pytest.raises(InputError, match="not an sdist"):
        read_sdist(path, _PIN)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("own-1/PKG-INFO", _incompressible(10_000))
    data = bytearray(path.read_bytes())
    data[100:200] = bytes(100)
    path.write_bytes(data)
    with pytest.raises(InputError, match="not an sdist"):
        read_sdist(path, _PIN)


def test_no_header_of_an_archive_fills_the_memory(tmp_path: Path) -> None:
    header = tarfile.TarInfo("own-1")
    header.type, header.size = tarfile.XHDTYPE, 2**26
    path = tmp_path / "own-1.tar.gz"
    path.write_bytes(gzip.compress(header.tobuf() + bytes(2**20)))
    with pytest.raises(InputError, match=f"not an sdist: .*{2**26} bytes in one piece"):
        read_sdist(path, _PIN)


def test_an_archive_with_more_than_any_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sdist, "_MOST_FILES", 2)
    with pytest.raises(InputError, match="more than 2 files"):
        read_sdist(_tar(tmp_path / "own-1.tar.gz"), _PIN)


def test_what_an_sdist_says_of_itself_is_its_own(tmp_path: Path) -> None:
    for path in (_tar(tmp_path / "own-1.tar.gz"), _zip(tmp_path / "own-1.zip")):
        assert read_info(path) == _FILES["own-1/PKG-INFO"]
    with tarfile.open(tmp_path / "bare.tar", "w"):
        pass
    assert read_info(tmp_path / "bare.tar") is None
