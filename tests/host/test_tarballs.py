import gzip
import hashlib
import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.host import tarballs


def archive(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for member, content in members:
            member.size = member.size or len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


PLAIN = archive(
    (tarfile.TarInfo("./a"), b"first"),
    (tarfile.TarInfo("d/b"), b"second"),
    (tarfile.TarInfo("a"), b"last"),
)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_files_are_known_by_their_paths_and_the_last_of_one_path_counts(
    tmp_path: Path, pack: type[bytes]
) -> None:
    (tmp_path / "x").write_bytes(pack(PLAIN))
    with tarballs.opened(tmp_path / "x") as found:
        assert found is not None
        assert found.names == {"a", "d/b"}
        assert found.read("a") == b"last"
        found.place("d/b", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b"second"


def test_links_and_devices_are_not_files(tmp_path: Path) -> None:
    link = tarfile.TarInfo("link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    (tmp_path / "x").write_bytes(archive((link, b""), (tarfile.TarInfo("a"), b"1")))
    with tarballs.opened(tmp_path / "x") as found:
        assert found is not None
        assert found.names == {"a"}


def test_a_link_to_a_file_of_the_archive_is_that_file(tmp_path: Path) -> None:
    links = {"d/near": "../a", "d/far": "../../a", "d/none": "b", "d/chain": "near"}
    members = [tarfile.TarInfo(name) for name in links]
    for member, target in zip(members, links.values(), strict=True):
        member.type, member.linkname = tarfile.SYMTYPE, target
    packed = archive(*((one, b"") for one in members), (tarfile.TarInfo("./a"), b"1"))
    (tmp_path / "x").write_bytes(packed)
    with tarballs.opened(tmp_path / "x") as found:
        assert found is not None
        assert found.names == {"a", "d/near"}
        assert found.real("d/near") == found.real("a") == "a"
        assert found.read("d/near") == b"1"


def test_the_hash_of_an_archive_is_that_of_the_tar_in_it(tmp_path: Path) -> None:
    packed = gzip.compress(PLAIN)
    for data in (PLAIN, packed, packed + packed[:-4]):
        (tmp_path / str(len(data))).write_bytes(data)
    plain = hashlib.sha256(PLAIN).hexdigest()
    assert tarballs.plain_sha256(tmp_path / str(len(PLAIN))) == plain
    assert tarballs.plain_sha256(tmp_path / str(len(packed))) == plain
    assert tarballs.plain_sha256(tmp_path / str(2 * len(packed) - 4)) is None


def test_a_file_too_large_to_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(archive((tarfile.TarInfo("a"), bytes(2**24 + 1))))
    with tarballs.opened(tmp_path / "x") as found:
        assert found is not None
        with pytest.raises(ValueError, match="more than"):
            found.read("a")


def test_an_extended_header_without_end_is_not_kept(tmp_path: Path) -> None:
    header = tarfile.TarInfo("@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 2**30
    with (tmp_path / "x").open("wb") as file:
        file.write(header.tobuf(tarfile.GNU_FORMAT))
        file.truncate(2**30 + 2**12)
    with tarballs.opened(tmp_path / "x") as found:
        assert found is None


def test_a_file_that_is_cut_off_is_told(tmp_path: Path) -> None:
    packed = gzip.compress(archive((tarfile.TarInfo("a"), bytes(range(256)) * 4000)))
    (tmp_path / "x").write_bytes(packed)
    with tarballs.opened(tmp_path / "x") as found:
        assert found is not None
        (tmp_path / "x").write_bytes(packed[:100])
        with pytest.raises(ValueError, match="a"):
            found.place("a", tmp_path / "a")


@given(
    st.binary(max_size=600)
    | st.builds(
        lambda at, byte: PLAIN[:at] + bytes([byte]) + PLAIN[at + 1 :],
        st.integers(0, 1600),
        st.integers(0, 255),
    )
)
def test_arbitrary_bytes_are_an_archive_or_none(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.mktemp("tar") / "x"
    for packed in (data, gzip.compress(data), gzip.compress(data)[:-9]):
        path.write_bytes(packed)
        with tarballs.opened(path) as found:
            for name in found.names if found else ():
                assert found is not None
                assert isinstance(found.read(name), bytes)
