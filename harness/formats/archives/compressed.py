"""Compressed streams: their headers, then what they hold, explained as a content of its own.

gzip is RFC 1952, xz is the .xz file format 1.1.0, zstd is RFC 8878, LZ4 is its frame format 1.6.4,
bzip2 has a header of four bytes.
"""

import bz2
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Protocol

from harness.formats.change import At, Change, Content, Kind, Place, Step, field, file_time
from harness.formats.cursor import Cursor
from harness.formats.fields import differing
from harness.formats.nested import Nesting, parting
from harness.formats.packing import packing

zstd = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
"""The standard library's, or before Python 3.14 the same from the index."""

_FLAGS = {"header CRC": 2, "extra field": 4, "name": 8, "comment": 16}
_OS = {0: "FAT", 3: "Unix", 7: "Macintosh", 10: "TOPS-20", 11: "NTFS", 255: "unknown"}
_CHECKS = {0: "none", 1: "CRC32", 4: "CRC64", 10: "SHA-256"}
_XZ_MEMORY = 80 << 20
_XZ_CHECK = 15
_ZSTD_SHORT = 2
_ZSTD_WINDOW = 27
_LZ4_VERSION = 1
_LZ4_SIZES = {4: "64 KiB", 5: "256 KiB", 6: "1 MiB", 7: "4 MiB"}
_STREAMS = 4096
_STEP = 1 << 16

_DAMAGE = (zlib.error, lzma.LZMAError, zstd.ZstdError, OSError, EOFError, RuntimeError)
"""What decompressors raise; LZ4's has no kind of its own."""

Header = tuple[Mapping[str, object], int]


class Decompressor(Protocol):
    """A decompressor of one stream, as those of the standard library are."""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""

    @property
    def unused_data(self) -> bytes:
        """What came after the stream's end."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """Return at most `max_length` bytes."""


def explain_gzip(first: Content, second: Content) -> Iterator[Change]:
    """Yield differing fields of the first member's header, then of what the members hold.

    Raises:
        ValueError: no gzip.

    """
    return _explain("gzip", gzip_header, lambda: zlib.decompressobj(31), first, second)


def explain_zlib(first: Content, second: Content) -> Iterator[Change]:
    """Yield the differing level, then what the stream holds (RFC 1950).

    Raises:
        ValueError: no zlib stream.

    """
    return _explain("zlib", _zlib_header, zlib.decompressobj, first, second)


def explain_xz(first: Content, second: Content) -> Iterator[Change]:
    """Yield the differing integrity check, then what the streams hold.

    Raises:
        ValueError: no xz.

    """
    return _explain("xz", _xz_header, _xz, first, second)


def explain_bzip2(first: Content, second: Content) -> Iterator[Change]:
    """Yield the differing block size, then what the streams hold.

    Raises:
        ValueError: no bzip2.

    """
    return _explain("bzip2", _bzip2_header, bz2.BZ2Decompressor, first, second)


def explain_zstd(first: Content, second: Content) -> Iterator[Change]:
    """Yield differing fields of the first frame's header, then of what the frames hold.

    Raises:
        ValueError: no zstd.

    """
    return _explain("zstd", zstd_header, zstd_decompressor, first, second)


def explain_lz4(first: Content, second: Content) -> Iterator[Change]:
    """Yield differing fields of the first frame's header, then of what the frames hold.

    Raises:
        ValueError: no LZ4 frame.

    """
    frame = import_module("lz4.frame")
    return _explain("LZ4", _lz4_header, frame.LZ4FrameDecompressor, first, second)


def zstd_decompressor() -> Decompressor:
    """Return a decompressor of one frame, whose window is at most 128 MiB."""
    most = {zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW}
    decompressor: Decompressor = zstd.ZstdDecompressor(options=most)
    return decompressor


def gzip_header(content: Content) -> Header:
    """Return the fields of a member's header by name, and its size in bytes.

    Raises:
        ValueError: it is none.

    """
    cursor = Cursor(content)
    magic, method, flags, mtime, xfl, system = cursor.unpack("<2sBBIBB")
    if (magic, method) != (b"\x1f\x8b", 8) or flags & 0xE0:
        raise ValueError(f"no gzip header: {magic!r}, method {method}, flags {flags:#x}")
    fields: dict[str, object] = {
        "mtime": file_time(mtime),
        "extra flags (compression level)": xfl,
        "OS": _OS.get(system, str(system)),
        "text flag": flags & 1,
    }
    if flags & _FLAGS["extra field"]:
        fields["extra field"] = cursor.take(cursor.unpack("<H")[0])
    for name in ("name", "comment"):
        if flags & _FLAGS[name]:
            fields[name] = cursor.until(b"\0").decode("latin-1")
    if flags & _FLAGS["header CRC"]:
        fields["header CRC"] = cursor.unpack("<H")[0]
    return fields, cursor.position


def zstd_header(content: Content) -> Header:
    """Return the fields of a frame's header by name, and its size in bytes.

    Raises:
        ValueError: it is none.

    """
    cursor = Cursor(content)
    magic, descriptor = cursor.unpack("<4sB")
    if magic != b"\x28\xb5\x2f\xfd":
        raise ValueError(f"no zstd frame: {magic!r}")
    single = descriptor >> 5 & 1
    fields: dict[str, object] = {"checksum": bool(descriptor & 4), "single segment": bool(single)}
    if not single:
        (window,) = cursor.unpack("<B")
        base = 1 << 10 + (window >> 3)
        fields["window"] = base + (base >> 3) * (window & 7)
    dictionary = cursor.take((0, 1, 2, 4)[descriptor & 3])
    fields["dictionary"] = int.from_bytes(dictionary, "little")
    size = cursor.take((single, 2, 4, 8)[descriptor >> 6])
    if size:
        # Two bytes hold the size less 256: smaller ones have one byte.
        fields["content size"] = int.from_bytes(size, "little") + (
            256 if len(size) == _ZSTD_SHORT else 0
        )
    return fields, cursor.position


def unpacked(content: Content, start: Callable[[], Decompressor], limit: int) -> tuple[bytes, bool]:
    """Return what the streams hold, at most about `limit` bytes, and whether that is all.

    Bytes after the last stream that begin none are left out.

    Raises:
        ValueError: a stream is damaged or cut short.

    """
    parts: list[bytes] = []
    magic, engine, left, streams = content[:2], start(), limit, 1
    for base in range(0, len(content), _STEP):
        data = content[base : base + _STEP]
        while data:
            if engine.eof:
                if not data.startswith(magic) or streams == _STREAMS:
                    return b"".join(parts), True
                engine, streams = start(), streams + 1
            parts.append(_decompressed(engine, data, left))
            left -= len(parts[-1])
            if left <= 0:
                return b"".join(parts), False
            data = engine.unused_data
    if not engine.eof:
        raise ValueError("compressed data cut short")
    return b"".join(parts), True


def _decompressed(engine: Decompressor, data: bytes, limit: int) -> bytes:
    try:
        return engine.decompress(data, limit)
    except _DAMAGE as error:
        raise ValueError(f"damaged compressed data: {error}") from error


def _explain(
    name: str,
    header: Callable[[Content], Header],
    start: Callable[[], Decompressor],
    first: Content,
    second: Content,
) -> Iterator[Change]:
    (ours, size), (theirs, other) = header(first), header(second)
    yield from differing(ours, theirs, field(name, At.HEADER), 0)
    nesting = Nesting.of(first)
    limit = nesting.limit
    (one, whole), (two, all_of_it) = (unpacked(it, start, limit) for it in (first, second))
    yield from nesting.inside(field(f"{name} content"), str(ours.get("name", "")), one, two)
    if one == two and not (whole and all_of_it):
        yield Change(kind=Kind.UNREAD, place=_beyond(name, limit), first="", second="")
    elif (
        one == two and parting((first, size, len(first)), (second, other, len(second))) is not None
    ):
        yield packing(f"{name} compressed data", "content", first, second)


def _beyond(name: str, limit: int) -> Place:
    return (
        Step(At.PART, f"{name} content beyond the first"),
        Step(At.NUMBER, limit),
        Step(At.PART, "bytes, not looked at"),
    )


def _xz_header(content: Content) -> Header:
    magic, zero, check = Cursor(content).unpack("<6sBB")
    if magic != b"\xfd7zXZ\0" or zero or check > _XZ_CHECK:
        raise ValueError(f"no xz header: {magic!r}")
    return {"integrity check": _CHECKS.get(check, check)}, 12


def _xz() -> Decompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, _XZ_MEMORY)


def _lz4_header(content: Content) -> Header:
    magic, flags, size = Cursor(content).unpack("<4sBB")
    if magic != b"\x04\x22\x4d\x18" or flags >> 6 != _LZ4_VERSION:
        raise ValueError(f"no LZ4 frame: {magic!r}")
    fields: dict[str, object] = {
        "block size": _LZ4_SIZES.get(size >> 4 & 7, size),
        "independent blocks": bool(flags & 0x20),
        "checksum of blocks": bool(flags & 0x10),
        "checksum of the content": bool(flags & 4),
        "content size is said": bool(flags & 8),
    }
    return fields, 7 + (8 if flags & 8 else 0) + (4 if flags & 1 else 0)


def _zlib_header(content: Content) -> Header:
    method, flags = Cursor(content).unpack("<BB")
    if method & 15 != zlib.DEFLATED or (method << 8 | flags) % 31:
        raise ValueError(f"no zlib header: {method:#x} {flags:#x}")
    return {"window": 1 << 8 + (method >> 4), "level (0 to 3)": flags >> 6}, 2


def _bzip2_header(content: Content) -> Header:
    magic, level = Cursor(content).unpack("<3sB")
    if magic != b"BZh" or not ord("1") <= level <= ord("9"):
        raise ValueError(f"no bzip2 header: {magic!r}")
    return {"block size": f"{chr(level)}00 kB"}, 4
