"""Compressed streams against what the standard library writes."""

import bz2
import gzip
import io
import lzma
import struct
import zlib

import pytest

from harness.formats.archives import compressed
from tests.formats.seeds import changed


def test_names_every_field_of_a_gzip_header() -> None:
    def stream(name: str, mtime: int) -> bytes:
        file = io.BytesIO()
        with gzip.GzipFile(name, "w", fileobj=file, mtime=mtime) as writer:
            writer.write(b"abc\n")
        return file.getvalue()

    assert changed("a.gz", stream("one", 0), stream("two", 86400)) == {
        "gzip header mtime": ("0 (1970-01-01 00:00:00 UTC)", "86400 (1970-01-02 00:00:00 UTC)"),
        "gzip header name": ("one", "two"),
    }


def test_reads_the_optional_fields_of_rfc_1952() -> None:
    head = b"\x1f\x8b\x08\x16" + struct.pack("<IBB", 1, 2, 3)
    fields, size = compressed.gzip_header(head + b"\2\0xy" + b"note\0" + b"\1\0" + b"rest")
    assert fields["extra field"] == b"xy"
    assert fields["comment"] == "note"
    assert fields["header CRC"] == 1
    assert fields["OS"] == "Unix"
    assert size == len(head) + 11


def test_another_level_is_not_another_content() -> None:
    data = bytes(range(256)) * 300
    found = changed("a.bz2", gzip.compress(data, 9, mtime=1), gzip.compress(data, 1, mtime=1))
    assert list(found) == ["gzip header extra flags (compression level)", "gzip compressed data"]
    assert list(changed("a.xz", lzma.compress(data, preset=0), lzma.compress(data, preset=9))) == [
        "xz compressed data"
    ]


def test_reads_all_streams_and_leaves_what_follows() -> None:
    one, other = (bz2.compress(b"a\n") + bz2.compress(end) for end in (b"b\n", b"c\n"))
    assert list(changed("a", one, other)) == ["bzip2 content: line 2, word 1"]
    whole = zlib.compress(b"abc")
    assert compressed.unpacked(whole + b"rest", zlib.decompressobj, 9) == (b"abc", True)


def test_unpacks_no_more_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.formats.nested._AT_ONCE", 10)
    one, other = (gzip.compress(bytes(10) + end, mtime=1) for end in (b"a", b"b"))
    assert list(changed("a", one, other)) == [
        "gzip content beyond the first 10 bytes, not looked at"
    ]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"\x20\x03", {"checksum": False, "single segment": True, "content size": 3}),
        (b"\x44\x08\x02\x01", {"checksum": True, "window": 2048, "content size": 258 + 256}),
        (b"\x01\x09\x07", {"window": 2048 + 256, "dictionary": 7}),
    ],
)
def test_reads_zstd_headers(head: bytes, expected: dict[str, object]) -> None:
    fields = compressed.zstd_header(b"\x28\xb5\x2f\xfd" + head)
    assert expected.items() <= fields.items()


@pytest.mark.parametrize(
    ("explain", "bad", "reason"),
    [
        (compressed.explain_gzip, b"\x1f\x8b\x09" + bytes(9), "no gzip header"),
        (compressed.explain_zlib, b"x\x00", "no zlib header"),
        (compressed.explain_xz, b"\xfd7zXZ\0\1\0", "no xz header"),
        (compressed.explain_bzip2, b"BZhx", "no bzip2 header"),
        (compressed.explain_zstd, b"\x28\xb5\x2f\xfe\0", "no zstd frame"),
        (compressed.explain_bzip2, b"BZh9" + bytes(9), "damaged"),
        (compressed.explain_xz, lzma.compress(b"abc")[:-9], "cut short"),
    ],
)
def test_damage_is_refused(explain: object, bad: bytes, reason: str) -> None:
    assert callable(explain)
    with pytest.raises(ValueError, match=reason):
        list(explain(bad, bad))


def test_equal_zstd_frames_have_no_change() -> None:
    frame = b"\x28\xb5\x2f\xfd\x20\x03\x19\0\0abc"
    assert list(compressed.explain_zstd(frame, frame)) == []


def test_zlib_level_and_zstd_blocks_are_named() -> None:
    ours, theirs = (zlib.compress(b"abc\n", level) for level in (1, 9))
    assert list(changed("a.z", ours, theirs)) == ["zlib header level (0 to 3)"]
    frames = [b"\x28\xb5\x2f\xfd\x20\3\x19\0\0" + data for data in (b"abc", b"abd")]
    assert list(changed("a.zst", *frames)) == ["zstd blocks"]
    with pytest.raises(ValueError, match="no zlib"):
        list(compressed.explain_zlib(b"x\x02", b"x\x01"))
