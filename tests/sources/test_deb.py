import io
import lzma
import re
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import IntegrityError
from harness.sources.deb import ar_member, read_deb_file, tar_file, unpack_seed
from harness.store.trees import nar_sha256

_LIMIT = 2**20
_BUSYBOX = b"\x7fELF, and so on"


def _member(name: str, data: bytes, size: str | None = None) -> bytes:
    header = f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{size or len(data):<10}`\n"
    return header.encode() + data + b"\n" * (len(data) % 2)


def _tar(*files: tuple[str, bytes], kind: bytes = tarfile.REGTYPE) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size, entry.type, entry.linkname = len(content), kind, "elsewhere"
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _deb(directory: Path, tar: bytes, member: str = "data.tar.xz") -> Path:
    path = directory / "busybox-static.deb"
    members = _member("debian-binary", b"2.0\n") + _member("control.tar.xz", b"odd")
    path.write_bytes(b"!<arch>\n" + members + _member(member, lzma.compress(tar)))
    return path


@pytest.mark.parametrize("path", ["./bin/busybox", "./usr/bin/busybox", "bin/busybox"])
def test_unpacks_the_seed_and_nothing_else(tmp_path: Path, path: str) -> None:
    deb = _deb(tmp_path, _tar(("./bin/other", b"no"), (path, _BUSYBOX), ("../out", b"no")))
    unpack_seed(deb, tmp_path / "seed")
    files = [file.relative_to(tmp_path) for file in (tmp_path / "seed").rglob("*")]
    assert sorted(map(str, files)) == ["seed/bin", "seed/bin/busybox"]
    assert (tmp_path / "seed/bin/busybox").read_bytes() == _BUSYBOX
    assert (tmp_path / "seed/bin/busybox").stat().st_mode & 0o777 == 0o755


def test_reads_what_dpkg_packs(tmp_path: Path) -> None:
    tree, long = tmp_path / "tree", "x" * 120
    (tree / "usr/bin").mkdir(parents=True)
    (tree / "DEBIAN").mkdir()
    (tree / "DEBIAN/control").write_text(
        "Package: p\nVersion: 1\nArchitecture: all\nMaintainer: nobody\nDescription: d\n"
    )
    (tree / "usr/bin" / long).write_bytes(b"a name that needs an extended header")
    (tree / "usr/bin/busybox").write_bytes(_BUSYBOX)
    deb = tmp_path / "p.deb"
    subprocess.run(["dpkg-deb", "-Zxz", "--build", tree, deb], check=True, capture_output=True)
    assert read_deb_file(deb, "bin/busybox", limit=_LIMIT) == _BUSYBOX


@pytest.mark.nix
def test_the_seed_has_the_hash_that_nix_gives_it(tmp_path: Path) -> None:
    unpack_seed(_deb(tmp_path, _tar(("./bin/busybox", _BUSYBOX))), tmp_path / "seed")
    argv = ["nix-hash", "--type", "sha256", str(tmp_path / "seed")]
    known = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()
    assert nar_sha256(tmp_path / "seed") == known


def test_a_link_is_no_seed(tmp_path: Path) -> None:
    deb = _deb(tmp_path, _tar(("./bin/busybox", b""), kind=tarfile.SYMTYPE))
    with pytest.raises(IntegrityError, match="holds no file bin/busybox"):
        unpack_seed(deb, tmp_path / "seed")
    assert not (tmp_path / "seed").exists()


def test_a_package_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    deb = _deb(tmp_path, bytes(_LIMIT + 1))
    with pytest.raises(IntegrityError, match="cut off, or more than 1048576 bytes"):
        read_deb_file(deb, "bin/busybox", limit=_LIMIT)


def test_an_xz_that_asks_for_much_memory_is_refused(tmp_path: Path) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 2**29}]
    packed = lzma.compress(_tar(("./bin/busybox", _BUSYBOX)), filters=filters)
    deb = tmp_path / "a.deb"
    deb.write_bytes(b"!<arch>\n" + _member("data.tar.xz", packed))
    with pytest.raises(IntegrityError, match="damaged: Memory usage limit"):
        read_deb_file(deb, "bin/busybox", limit=_LIMIT)


def test_says_that_a_package_is_packed_otherwise(tmp_path: Path) -> None:
    deb = _deb(tmp_path, b"", member="data.tar.zst")
    with pytest.raises(IntegrityError, match=r"no data.tar.xz; is it a package of Debian"):
        read_deb_file(deb, "bin/busybox", limit=_LIMIT)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"PK", "no ar archive"),
        (b"!<arch>\nshort", "damaged ar header"),
        (b"!<arch>\n" + _member("a", b"", "-1"), "damaged ar header"),
        (b"!<arch>\n" + _member("a", b"ab", "9999999999"), "no data.tar.xz"),
        (b"!<arch>\n" + _member("data.tar.xz", b"ab", "9999999999"), "at most"),
        (b"!<arch>\n" + _member("data.tar.xz", b"ab", "3"), "data.tar.xz is cut off"),
        (b"!<arch>\n" + _member("a", b"") * 65 + _member("data.tar.xz", b"a"), "no data.tar.xz"),
    ],
)
def test_says_what_is_wrong_with_an_ar_archive(content: bytes, problem: str) -> None:
    with pytest.raises(IntegrityError, match=f"p.deb: .*{problem}"):
        ar_member(io.BytesIO(content), "data.tar.xz", where="p.deb")


def test_a_tar_that_ends_within_a_file_is_refused() -> None:
    with pytest.raises(IntegrityError, match="bin/busybox is cut off"):
        tar_file(_tar(("bin/busybox", _BUSYBOX))[:520], "bin/busybox", where="p.deb")


def _read_or_refused(read: Callable[[], bytes]) -> bytes | None:
    try:
        return read()
    except IntegrityError as error:
        problem = str(error)
    assert re.match(r"(p|busybox-static)\.deb: .", problem)
    return None


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_ar_archive_is_read_or_refused(header: bytes, rest: bytes) -> None:
    file = io.BytesIO(b"!<arch>\n" + header + rest)
    content = _read_or_refused(lambda: ar_member(file, "data.tar.xz", where="p.deb"))
    assert content is None or content in rest


@given(st.integers(0, 2047), st.binary(min_size=1, max_size=24))
def test_a_tar_with_any_bytes_changed_is_read_or_refused(at: int, change: bytes) -> None:
    archive = bytearray(_tar(("a", b"x" * 600), ("bin/busybox", _BUSYBOX)))
    archive[at : at + len(change)] = change
    content = _read_or_refused(lambda: tar_file(bytes(archive), "bin/busybox", where="p.deb"))
    assert content is None or content in archive


@given(st.integers(0, 400), st.binary(min_size=1, max_size=8))
def test_a_package_with_any_bytes_changed_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, at: int, change: bytes
) -> None:
    deb = _deb(tmp_path_factory.mktemp("deb"), _tar(("bin/busybox", _BUSYBOX)))
    content = bytearray(deb.read_bytes())
    content[at : at + len(change)] = change
    deb.write_bytes(content)
    found = _read_or_refused(lambda: read_deb_file(deb, "bin/busybox", limit=_LIMIT))
    assert found in {None, _BUSYBOX}
