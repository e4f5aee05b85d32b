"""zip archives against files that the standard library writes."""

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable

import pytest

from harness.formats.archives import zipped as reader
from harness.formats.archives.compressed import zstd
from harness.formats.wording import spelled
from tests.formats.seeds import changed, tarred, zipped


def fields(first: bytes, second: bytes) -> list[str]:
    return [spelled(change.place) for change in reader.explain(first, second)]


def test_names_both_times_once() -> None:
    found = changed("a.whl", zipped(), zipped(when=(2021, 1, 2, 3, 4, 6)))
    values = "2020-01-02 03:04:06", "2021-01-02 03:04:06"
    assert found == {f"member {name}.txt: modification time": values for name in "ab"}


def test_names_mode_and_system() -> None:
    found = changed("a.whl", zipped(names=("a",)), zipped(names=("a",), mode=0o600, system=0))
    assert found == {
        "member a: create_system": ("Unix", "FAT"),
        "member a: external attributes": ("0x01a40000 (mode 000644)", "0x01800000"),
    }


def test_names_order_comment_and_members_of_one_side() -> None:
    assert fields(zipped(), zipped(names=("b.txt", "a.txt"))) == ["order of members"]
    assert fields(zipped(), zipped(comment=b"x")) == ["archive comment"]
    assert changed("a.zip", zipped(names=("a", "b")), zipped(names=("a", "b", "c"))) == {
        "member c": ("", "12 bytes"),
    }
    assert changed("a.zip", zipped(names=("b",)), zipped(names=("c",), data=b"b")) == {
        "member b": ("12 bytes", ""),
        "member c": ("", "1 bytes"),
    }


def test_a_member_of_another_name_is_told_once() -> None:
    assert changed("a.zip", zipped(names=("a", "b")), zipped(names=("a", "c"))) == {
        "member b: renamed": ("b", "c")
    }
    one, other = (zipped(names=(name,), mode=mode) for name, mode in (("b", 0o644), ("c", 0o600)))
    assert [*changed("a.zip", one, other)] == [
        "member b: renamed",
        "member b: external attributes",
    ]


def test_looks_into_members_of_every_method() -> None:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        one, other = (
            zipped(names=("a.txt",), method=method, data=data) for data in (b"one\n", b"two\n")
        )
        known = method != zipfile.ZIP_LZMA
        assert ("member a.txt: line 1, word 1" in fields(one, other)) is known


def test_looks_into_members_that_conda_packs() -> None:
    rows = tuple(zstd.compress(tarred(data=data)) for data in (b"one\n", b"two\n"))
    one, other = (
        zipped(names=("pkg-a-1.tar.zst",), method=zipfile.ZIP_STORED, data=data) for data in rows
    )
    assert "member pkg-a-1.tar.zst: zstd content: member a.txt: line 1, word 1" in fields(
        one, other
    )


@pytest.mark.parametrize(("method", "pack"), [(93, zstd.compress), (95, lzma.compress)])
def test_looks_into_members_of_methods_that_the_standard_library_does_not_write(
    method: int, pack: Callable[[bytes], bytes]
) -> None:
    one, other = (
        zipped(names=("a",), method=zipfile.ZIP_STORED, data=pack(data))
        .replace(b"PK\3\4\x14\0\0\0\0\0", b"PK\3\4\x14\0\0\0" + bytes([method, 0]))
        .replace(b"PK\1\2\x14\3\x14\0\0\0\0\0", b"PK\1\2\x14\3\x14\0\0\0" + bytes([method, 0]))
        for data in (b"one\n", b"two\n")
    )
    assert "member a: line 1, word 1" in fields(one, other)


def test_tells_another_compression_from_another_content() -> None:
    data = b"abcabd" * 1000
    one, other = zipped(names=("a",), data=data), zipped(names=("a",), data=data, level=1)
    assert fields(one, other) == ["member a: compressed data"]


def test_a_field_of_the_local_header_alone_is_said() -> None:
    one = zipped(names=("a",))
    other = bytearray(one)
    other[10:12] = b"\1\1"
    assert fields(one, bytes(other)) == ["member a: local header's modification time"]


def test_extra_fields_have_names() -> None:
    def archive(extra: bytes) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            info = zipfile.ZipInfo("a")
            info.extra = extra
            archive.writestr(info, b"x")
        return file.getvalue()

    stamp = struct.pack("<HHBI", 0x5455, 5, 1, 9)
    assert fields(archive(stamp), archive(struct.pack("<HHBI", 0x5455, 5, 1, 8) + b"xx")) == [
        "member a: extra field 0x5455 (extended timestamp)",
        "member a: padding of extra fields",
    ]


def test_reads_zip64_and_what_stands_before_the_archive() -> None:
    def archive(data: bytes, *, start: bytes = b"") -> bytes:
        # One member of zip64 by hand: APPNOTE 4.3.14, 4.3.15 and 4.5.3.
        local = (
            struct.pack("<4s5H3I2H", b"PK\3\4", 45, 0, 0, 0, 33, zlib.crc32(data), 1, 1, 1, 0)
            + b"a"
            + data
        )
        extra = struct.pack("<HHQQQ", 1, 24, 1, 1, 0)
        full, crc = 0xFFFFFFFF, zlib.crc32(data)
        entry = struct.pack("<4sBB5H3I5HII", b"PK\1\2", 45, 3, 45, 0, 0, 0, 33, crc, full, full,
                            1, len(extra), 0, 0, 0, 0, full) + b"a" + extra  # fmt: skip
        end = len(local) + len(entry)
        record = struct.pack(
            "<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(entry), len(local)
        )
        locator = struct.pack("<4sIQI", b"PK\6\7", 0, end, 1)
        tail = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, full, full, 0)
        return start + local + entry + record + locator + tail

    assert zipfile.ZipFile(io.BytesIO(archive(b"x"))).read("a") == b"x"
    assert fields(archive(b"x"), archive(b"y")) == ["member a: line 1, word 1"]
    assert fields(archive(b"x"), archive(b"x", start=b"#!/bin/sh\n")) == [
        "bytes before the archive"
    ]
    with pytest.raises(ValueError, match="no zip64 locator"):
        fields(archive(b"x").replace(b"PK\6\7", b"PK\6\0"), archive(b"x"))


def test_encrypted_members_are_not_looked_into() -> None:
    archives = [bytearray(zipped(names=("a",), data=data)) for data in (b"one", b"two")]
    for archive in archives:
        archive[archive.find(b"PK\1\2") + 8] |= 1
    assert fields(*map(bytes, archives)) == ["member a: content"]


@pytest.mark.parametrize(
    ("at", "value", "reason"),
    [
        (b"PK\1\2", b"PK\1\0", "no central directory entry"),
        (b"PK\3\4", b"PK\3\0", "no local header"),
        (b"PK\5\6", b"PK\5\0", "no end"),
    ],
)
def test_damage_is_refused(at: bytes, value: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        fields(zipped().replace(at, value), zipped())


def test_members_over_one_another_are_refused() -> None:
    archive = bytearray(zipped(names=("a", "b"), data=b"x" * 500, method=zipfile.ZIP_STORED))
    second = archive.find(b"PK\1\2", archive.find(b"PK\1\2") + 1)
    archive[second + 42 : second + 46] = bytes(4)
    archive[second + 20 : second + 24] = struct.pack("<I", 800)
    with pytest.raises(ValueError, match="over one another"):
        fields(bytes(archive), zipped())


def test_a_directory_that_lies_outside_is_refused() -> None:
    archive = bytearray(zipped())
    at = archive.find(b"PK\5\6")
    archive[at + 16 : at + 20] = b"\xff\xff\0\0"
    with pytest.raises(ValueError, match="central directory"):
        fields(bytes(archive), zipped())
