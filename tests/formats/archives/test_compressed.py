"""Compressed streams against what the standard library writes."""

import bz2
import gzip
import io
import lzma
import struct
import zlib
from collections.abc import Callable
from functools import partial
from importlib import import_module

import pytest

from harness.formats.archives import compressed
from harness.formats.archives.compressed import zstd
from tests.formats.samples import arrow
from tests.formats.seeds import changed

lz4 = import_module("lz4.frame")
Pack = Callable[[bytes], bytes]


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
    fields, size = compressed.zstd_header(b"\x28\xb5\x2f\xfd" + head + b"rest")
    assert expected.items() <= fields.items()
    assert size == 4 + len(head)


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
        (compressed.explain_lz4, b"\x04\x22\x4d\x18\x80\x40", "no LZ4 frame"),
        (compressed.explain_lz4, lz4.compress(b"abc")[:-9], "cut short"),
        (compressed.explain_lz4, b"\x04\x22\x4d\x18\x40\x00" + bytes(9), "damaged"),
        (compressed.explain_zstd, b"\x28\xb5\x2f\xfd\x20\3\x1f\0\0abc", "damaged"),
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
    assert changed("a.zst", *frames) == {"zstd content: line 1, word 1": ("abc", "abd")}
    with pytest.raises(ValueError, match="no zlib"):
        list(compressed.explain_zlib(b"x\x02", b"x\x01"))


def test_looks_into_zstd_and_lz4_of_every_level() -> None:
    rows = b"".join(b"%d %d\n" % (n, n * n) for n in range(500))
    packs: list[Pack] = [
        *(partial(zstd.compress, level=level) for level in (1, 19)),
        *(partial(lz4.compress, compression_level=level) for level in (0, 9)),
        *(partial(arrow.compress, codec=codec, asbytes=True) for codec in ("zstd", "lz4")),
    ]
    for pack in packs:
        found = changed("a.csv", pack(rows), pack(rows.replace(b"\n7 49", b"\n7 50")))
        assert ("49", "50") in found.values()
        assert any(field.endswith(" content: line 8, word 2") for field in found)
    levels = [zstd.compress(rows, level) for level in (1, 19)]
    assert [name for name in changed("a.zst", *levels) if "header" not in name] in (
        [],
        ["zstd compressed data"],
    )


def test_names_every_field_of_an_lz4_header() -> None:
    data = bytes(300_000)
    one = lz4.compress(data, store_size=False, block_size=lz4.BLOCKSIZE_MAX64KB)
    other = lz4.compress(
        data,
        block_size=lz4.BLOCKSIZE_MAX256KB,
        block_linked=False,
        content_checksum=True,
        block_checksum=True,
        store_size=True,
    )
    assert list(changed("a.lz4", one, other)) == [
        "LZ4 header block size",
        "LZ4 header independent blocks",
        "LZ4 header checksum of blocks",
        "LZ4 header checksum of the content",
        "LZ4 header content size is said",
        "LZ4 compressed data",
    ]


def test_a_zstd_window_that_is_very_large_is_refused() -> None:
    frame = b"\x28\xb5\x2f\xfd\x00\xa0" + zstd.compress(b"a" * 10)[6:]
    with pytest.raises(ValueError, match="damaged compressed data"):
        list(compressed.explain_zstd(frame, frame))
