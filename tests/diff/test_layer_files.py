"""Reading the layers of images: GNU tar writes them, hostile ones are refused."""

import gzip
import hashlib
import io
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.diff.core.image_files import Kind
from harness.diff.layer_files import read_contents, read_packages
from harness.errors import InputError
from harness.host import tarballs


def _layer(path: Path, *members: tuple[str, bytes, bytes, str]) -> Path:
    """A layer of members: name, type, content, target of a link."""
    with tarfile.open(path, "w") as archive:
        for name, kind, content, target in members:
            member = tarfile.TarInfo(name)
            member.type, member.size, member.linkname = kind, len(content), target
            archive.addfile(member, io.BytesIO(content))
    return path


def _file(name: str, content: bytes = b"") -> tuple[str, bytes, bytes, str]:
    return name, tarfile.REGTYPE, content, ""


@pytest.mark.parametrize("packed", [False, True])
def test_what_gnu_tar_wrote_is_read(tmp_path: Path, packed: bool) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "file").write_bytes(b"content")
    (root / "file").chmod(0o4750)
    (root / "same").hardlink_to(root / "file")
    (root / ("long" * 40)).symlink_to("../else" * 30)
    layer = tmp_path / "001"
    argv = ["tar", "-C", str(root), "-cf", str(layer), "--owner=7", "--group=8", "."]
    subprocess.run(argv, check=True)
    if packed:
        layer.write_bytes(gzip.compress(layer.read_bytes()))

    files = read_contents([layer]).files

    assert files["file"] == files["same"]
    assert files["file"].content == hashlib.sha256(b"content").hexdigest()
    assert (files["file"].mode, files["file"].owner) == (0o4750, (7, 8))
    assert (files["long" * 40].kind, files["long" * 40].content) == (Kind.LINK, "../else" * 30)


def test_packages_come_from_the_files_that_show(tmp_path: Path) -> None:
    status = b"Package: bash\nStatus: install ok installed\nVersion: 5\n"
    below = _layer(
        tmp_path / "1",
        _file("var/lib/dpkg/status", b"Package: old\nVersion: 1\n"),
        _file("site/a-1.dist-info/METADATA"),
        _file("site/b-1.dist-info/METADATA"),
    )
    above = _layer(
        tmp_path / "2", _file("var/lib/dpkg/status", status), _file("site/.wh.a-1.dist-info")
    )

    known = {("debian", "bash"): "5", ("python", "b"): "1"}
    assert read_contents([below, above]).packages == read_packages([below, above]) == known
    hidden = _layer(tmp_path / "3", _file("var/lib/.wh.dpkg"))
    assert read_contents([above, hidden]).packages == {}


def test_devices_are_told_by_their_numbers(tmp_path: Path) -> None:
    layer = _layer(tmp_path / "1", ("null", tarfile.CHRTYPE, b"", ""))

    assert read_contents([layer]).files["null"].kind is Kind.DEVICE


@pytest.mark.parametrize(
    "member",
    [
        _file("../escape"),
        _file("a/../../escape"),
        ("link", tarfile.LNKTYPE, b"", "../../etc/shadow"),
    ],
)
def test_refuses_a_path_that_leads_out(
    tmp_path: Path, member: tuple[str, bytes, bytes, str]
) -> None:
    with pytest.raises(InputError, match="not a path inside an image"):
        read_contents([_layer(tmp_path / "1", member)])


def test_a_link_may_lead_anywhere_for_it_is_not_followed(tmp_path: Path) -> None:
    layer = _layer(tmp_path / "1", ("a", tarfile.SYMTYPE, b"", "/etc"), _file("a/passwd", b"x"))

    assert read_contents([layer]).files["a"].content == "/etc"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "no readable archive"),
        (b"no tar", "no readable archive"),
        (b"\x28\xb5\x2f\xfd" + bytes(600), "no readable archive"),
    ],
)
def test_refuses_what_is_no_archive(tmp_path: Path, data: bytes, told: str) -> None:
    (tmp_path / "1").write_bytes(data)

    with pytest.raises(InputError, match=told):
        read_contents([tmp_path / "1"])


@pytest.mark.parametrize("pack", [gzip.compress, tarballs.zstd.compress])
def test_reads_layers_however_they_are_packed(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    layer = _layer(tmp_path / "1", _file("a", b"x" * 5000))
    files = read_contents([layer]).files
    digest = tarballs.plain_sha256(layer)
    layer.write_bytes(pack(layer.read_bytes()))

    assert read_contents([layer]).files["a"] == files["a"]
    assert tarballs.plain_sha256(layer) == digest


@pytest.mark.parametrize("pack", [bytes, gzip.compress, tarballs.zstd.compress])
def test_refuses_a_layer_that_is_cut_off(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    layer = _layer(tmp_path / "1", _file("a", bytes(range(256)) * 40))
    data = pack(layer.read_bytes())
    layer.write_bytes(data[: len(data) // 2])

    with pytest.raises(InputError, match="no readable archive"):
        read_contents([layer])


def test_refuses_an_extended_header_of_a_size_that_would_fill_the_memory(tmp_path: Path) -> None:
    member = tarfile.TarInfo("x")
    member.type, member.size = tarfile.XHDTYPE, 2**32
    (tmp_path / "1").write_bytes(member.tobuf(tarfile.GNU_FORMAT) + bytes(1024))

    with pytest.raises(InputError, match="in one piece"):
        read_contents([tmp_path / "1"])


def test_refuses_a_sparse_file_whose_size_is_a_claim(tmp_path: Path) -> None:
    with (tmp_path / "hole").open("wb") as file:
        file.truncate(2**30)
    layer = tmp_path / "1"
    argv = ["tar", "-C", str(tmp_path), "--sparse", "--format=gnu", "-cf", str(layer), "hole"]
    subprocess.run(argv, check=True)

    with pytest.raises(InputError, match="sparse"):
        read_contents([layer])
