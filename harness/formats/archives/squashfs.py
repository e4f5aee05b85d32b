"""squashfs images: the fields of the superblock, then where the rest differs.

The layout is that of version 4 (Linux, Documentation/filesystems/squashfs.rst). Inodes, directories
and contents are compressed, and compressed in parallel where the tool has several processors; what
they hold is not looked into.
"""

from collections.abc import Iterator

from harness.formats import binary
from harness.formats.change import At, Change, Content, field, file_time
from harness.formats.cursor import Cursor
from harness.formats.fields import differing

_VERSION = 4
_COMPRESSORS = {1: "gzip", 2: "LZMA", 3: "LZO", 4: "xz", 5: "LZ4", 6: "zstd"}


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield the fields that differ, then the bytes.

    Raises:
        ValueError: no image of version 4, or its superblock is cut short.

    """
    ours, theirs = (_superblock(content) for content in (first, second))
    yield from differing(ours, theirs, field("squashfs", At.PART), 0)
    yield from binary.explain(first, second)


def _superblock(content: Content) -> dict[str, object]:
    magic, inodes, made, block, fragments, kind, _, flags, ids, major, minor, *_, used = Cursor(
        content
    ).unpack("<4s4I6H2Q")
    if magic != b"hsqs" or major != _VERSION:
        raise ValueError(f"no squashfs of version 4: {magic!r}, {major}.{minor}")
    return {
        "time of making": file_time(made),
        "inodes": inodes,
        "block size": block,
        "fragments": fragments,
        "compression": _COMPRESSORS.get(kind, kind),
        "flags": f"{flags:#06x}",
        "ids": ids,
        "bytes used": used,
    }
