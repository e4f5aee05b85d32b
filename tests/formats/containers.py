"""A pair of contents per format of stores and documents, in which one field was changed."""

import base64
import json
import lzma
import struct
import zlib
from typing import Any

from tests.formats.seeds import Pair, ar, tarred

DERIVATION = (
    b'Derive([("dev","/nix/store/mwix9c0dji0blq6pii21x568lzgzsy2n-small-dev","",""),'
    b'("out","/nix/store/ynrvqqlqzbd9b1ylzd7cy27j1fr0043w-small","","")],'
    b'[("/nix/store/p5aicn1k9crwdz10wnifqnpy3hsifwlr-dep.drv",["out"])],[],"x86_64-linux",'
    b'"/bin/sh",["-c","cat /nix/store/pqfrnqgwvv79q5k6m1i7bwl9akliswqz-dep > $out"],'
    b'[("builder","/bin/sh"),("dev","/nix/store/mwix9c0dji0blq6pii21x568lzgzsy2n-small-dev"),'
    b'("jobs","1"),("name","small"),("out","/nix/store/ynrvqqlqzbd9b1ylzd7cy27j1fr0043w-small"),'
    b'("outputs","out dev"),("script","set -e\\nmake -j1\\n"),("system","x86_64-linux")])'
)
OTHER_DERIVATION = (
    b'Derive([("dev","/nix/store/yxk4agap6zllpimlfig6pgdfc8daz6fz-small-dev","",""),'
    b'("out","/nix/store/8ixxy6dpx2w1axal53vh5519f4caw6sj-small","","")],'
    b'[("/nix/store/2bwqxivkmdxvbgd6dyfc6qwh91ivvs5r-dep.drv",["out"])],[],"x86_64-linux",'
    b'"/bin/sh",["-c","cat /nix/store/9f96aik8vj7cs3fzid9l1lk1dlfd2ndq-dep > $out"],'
    b'[("builder","/bin/sh"),("dev","/nix/store/yxk4agap6zllpimlfig6pgdfc8daz6fz-small-dev"),'
    b'("jobs","2"),("name","small"),("out","/nix/store/8ixxy6dpx2w1axal53vh5519f4caw6sj-small"),'
    b'("outputs","out dev"),("script","set -e\\nmake -j2\\n"),("system","x86_64-linux")])'
)

ARCHIVE = lzma.decompress(
    base64.b64decode(
        "/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4ATPAMJdAAaANh/vps6/droaek8r6qRTJO2hIwRx/1u/l2m68ym+JXpx"
        "K+m02g1+mo+dXiRt4hQG2Q3fBgNl2mCa65AB1oHhhoJhOfiEa3qMV02UYbAuhjKVne+SNaJnsZplTEBsKgsba7a9"
        "ezqjUb5wYNnR+p3JJDOezG3y/VLlopUqZaUj+WJs5QA33kjFRIu7Dx6n6Xha/Cmd7VEcI5lKua5QA5BMT0CCNasv"
        "5efQEvKgLiLjRJVeADJtiWMZBpdnmpPF9I0EAAAAQTg43XQ5OF0AAd4B0AkAACQChP+xxGf7AgAAAAAEWVo="
    )
)
"""A tree as `nix-store --dump` wrote it: bin/a, bin/deep/empty, bin/tool (executable), link."""


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(  # noqa: PLR0913, each is a field of the format
    *chunks: bytes,
    rows: tuple[bytes, ...] = (b"\1abcdef", b"\2ghijkl"),
    size: tuple[int, int] = (2, 2),
    depth: int = 8,
    colour: int = 2,
    interlace: int = 0,
    level: int = 6,
) -> bytes:
    """Return an image of 2 by 2 RGB pixels, unless told otherwise."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, interlace))
    data = chunk(b"IDAT", zlib.compress(b"".join(rows), level))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + data + chunk(b"IEND", b"")


CONFIG: dict[str, Any] = {
    "created": "2024-01-02T03:04:05Z",
    "architecture": "amd64",
    "os": "linux",
    "config": {"Env": ["PATH=/bin"], "Cmd": ["/bin/serve"]},
    "rootfs": {"type": "layers", "diff_ids": ["sha256:" + "a" * 64, "sha256:" + "b" * 64]},
    "history": [{"created": "2024-01-02T03:04:05Z", "created_by": "base"}, {"created_by": "app"}],
}
"""An image configuration, with the fields of the OCI image specification 1.1."""


def notebook(*cells: dict[str, Any], **metadata: str) -> bytes:
    document = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(document, indent=1).encode()


def cell(count: int = 1, source: str = "x = 1", **fields: Any) -> dict[str, Any]:
    """Return a code cell with one output of each kind: stream, result with an image."""
    image = base64.b64encode(png(chunk(b"tEXt", b"Software\0" + b"%d" % count))).decode()
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": ["one\n", "two\n"]},
        {"output_type": "display_data", "data": {"image/png": image}, "metadata": {}},
    ]
    common = {"cell_type": "code", "id": "a1", "metadata": {}, "execution_count": 1}
    return {**common, "source": source.splitlines(keepends=True), "outputs": outputs, **fields}


RECORD = b'a/__init__.py,sha256=abc,12\n"a/b,c.py",sha256=def,3\na-1.dist-info/RECORD,,\n'
METADATA = b"""Metadata-Version: 2.1
Name: a
Version: 1.0
Requires-Dist: b>=1
Requires-Dist: c
License: one
        two

A description
of two lines
"""

SVG = b"""<?xml version="1.0" encoding="utf-8" standalone="no"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd">
<svg xmlns:xlink="http://www.w3.org/1999/xlink" width="9pt">
 <metadata><dc:date>2024-01-02T03:04:05</dc:date></metadata>
 <g id="figure_1"><path id="m1f" d="M 0 0 L 1 1"/></g>
 <g><use xlink:href='#m1f' x="7"/><!-- a --><text>one &lt; two</text></g>
</svg>
"""


def pdf(date: bytes = b"2024", identifier: bytes = b"0a", level: int = 6, *more: bytes) -> bytes:
    """Return a document with an Info dictionary, XMP metadata, a page's content and a trailer."""
    xmp = b"<x><xmp:CreateDate>%s</xmp:CreateDate></x>" % date
    page = zlib.compress(b"BT (one) Tj ET\n" * 9, level)
    bodies = (
        b"<< /Type /Catalog /Pages 2 0 R /Metadata 4 0 R >>",
        b"<< /Type /Pages /Kids [] /Count 0 /MediaBox [0 0 9.5 8] >>",
        b"<< /Producer (a \\(b\\) (c)) /CreationDate (D:%s) >>" % date,
        b"<< /Type /Metadata /Length %d >>\nstream\n%s\nendstream" % (len(xmp), xmp),
        b"<< /Filter /FlateDecode /Length 6 0 R >>\nstream\r\n%s\nendstream" % page,
        b"%d" % len(page),
        *more,
    )
    text, offsets = b"%PDF-1.4\n%\xac\xdc\n", []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(text))
        text += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(bodies) + 1
    return (
        text
        + b"xref\n0 %d\n0000000000 65535 f \n" % size
        + table
        + b"trailer\n<< /Size %d /Root 1 0 R /Info 3 0 R /ID [<%s> <0b>] >>\n" % (size, identifier)
        + b"startxref\n%d\n%%%%EOF\n" % len(text)
    )


def deb(mtime: int) -> bytes:
    """Return a Debian package (deb(5)) whose one file has that time."""
    control = tarred(names=("./control",), data=b"Package: a\nVersion: 1\n")
    data = tarred(names=("./usr/a",), mtime=mtime)
    members = (
        (b"debian-binary", b"2.0\n"),
        (b"control.tar.xz", lzma.compress(control)),
        (b"data.tar.xz", lzma.compress(data)),
    )
    parts = [ar(content, name=name) for name, content in members]
    return parts[0] + b"".join(part.removeprefix(b"!<arch>\n") for part in parts[1:])


PAIRS = (
    Pair(path="a.drv", first=DERIVATION, second=DERIVATION.replace(b'"1"', b'"2"'),
         format="derivation", field="environment variable jobs"),
    Pair(path="a.nar", first=ARCHIVE, second=ARCHIVE.replace(b"one\n", b"two\n"), format="NAR",
         field="member bin/a: line 1, word 1"),
    Pair(path="a.png", first=png(chunk(b"tIME", b"\x07\xe8\1\2\3\4\5")),
         second=png(chunk(b"tIME", b"\x07\xe8\1\2\3\4\6")), format="PNG", field="PNG tIME"),
    Pair(path="blobs/sha256/1f", first=json.dumps(CONFIG).encode(),
         second=json.dumps(CONFIG | {"created": "2025-01-02T03:04:05Z"}).encode(), format="OCI",
         field="OCI config created"),
    Pair(path="a.ipynb", first=notebook(cell()), second=notebook(cell(execution_count=2)),
         format="notebook", field="cell 1 execution_count"),
    Pair(path="a-1.dist-info/RECORD", first=RECORD, second=RECORD.replace(b"abc", b"abd"),
         format="RECORD", field="RECORD a/__init__.py: hash"),
    Pair(path="a-1.dist-info/METADATA", first=METADATA, second=METADATA.replace(b"1.0", b"1.1"),
         format="METADATA", field="Version"),
    Pair(path="a.svg", first=SVG, second=SVG.replace(b"2024", b"2025"), format="XML",
         field="svg/metadata/dc:date: text"),
    Pair(path="a.pdf", first=pdf(), second=pdf(b"2025"), format="PDF",
         field="PDF Info CreationDate"),
    Pair(path="a.deb", first=deb(1), second=deb(2), format="ar",
         field="member data.tar.xz: xz content: member ./usr/a: modification time"),
    Pair(path="a-1.dist-info/INSTALLER", first=b"pip\n", second=b"uv\n", format="text",
         field="line 1, word 1"),
    Pair(path="a-1.dist-info/direct_url.json", first=b'{"url": "file:///a", "dir_info": {}}',
         second=b'{"url": "file:///b", "dir_info": {}}', format="JSON", field="$.url"),
)  # fmt: skip
