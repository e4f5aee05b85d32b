"""A pair of contents per format, made at run time, in which one field was changed."""

import bz2
import gzip
import importlib.util
import io
import lzma
import marshal
import pickle
import struct
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from importlib import import_module

from harness.formats import registry
from harness.formats.wording import spelled

lz4 = import_module("lz4.frame")
PYC = importlib.util.MAGIC_NUMBER
SOURCE = (
    "def f(x):\n    if x in {'a', 'b'}:\n        return [1, 2.5, (1, 'z')]\n    return -(1 << 70)\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two contents at a path, the format that explains them, and the field that differs."""

    path: str
    first: bytes
    second: bytes
    format: str
    field: str


def changed(path: str, first: bytes, second: bytes) -> dict[str, tuple[str, str]]:
    """Return both values of every field that differs, as the table of formats explains it."""
    changes = registry.explain(path, first, second)[1]
    return {spelled(change.place): (change.texts[0], change.texts[1]) for change in changes}


def zipped(  # noqa: PLR0913, each is a field of the format
    *,
    when: tuple[int, int, int, int, int, int] = (2020, 1, 2, 3, 4, 6),
    mode: int = 0o644,
    names: tuple[str, ...] = ("a.txt", "b.txt"),
    data: bytes = b"hello world\n",
    comment: bytes = b"",
    level: int = 6,
    system: int = 3,
    method: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.comment = comment
        for name in names:
            info = zipfile.ZipInfo(name, when)
            info.external_attr, info.create_system = mode << 16, system
            info.compress_type = method
            archive.writestr(info, data, compresslevel=level)
    return file.getvalue()


def tarred(  # noqa: PLR0913, each is a field of the format
    *,
    names: tuple[str, ...] = ("a.txt", "b.txt"),
    data: bytes = b"abc\n",
    form: int = tarfile.USTAR_FORMAT,
    kind: bytes = tarfile.REGTYPE,
    link: str = "",
    header: tuple[str, float | str] = ("mtime", 0),
    mtime: float = 0,
) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size, info.type, info.linkname = len(data), kind, link
            info.mtime = mtime
            if header[1]:
                setattr(info, *header)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def compiled(source: str = SOURCE, path: str = "a.py", head: bytes = bytes(12)) -> bytes:
    return PYC + head + marshal.dumps(compile(source, path, "exec", dont_inherit=True))


def ar(data: bytes = b"abc\n", mtime: int = 0, name: bytes = b"a.txt/") -> bytes:
    head = b"%-16s%-12d%-6d%-6d%-8o%-10d`\n" % (name, mtime, 0, 0, 0o644, len(data))
    return b"!<arch>\n" + head + data + b"\n" * (len(data) % 2)


def elf(  # noqa: PLR0913, each is a field of the format
    *,
    order: str = "<",
    wide: bool = True,
    rodata: bytes = b"hello one\0",
    build_id: bytes = b"\1" * 20,
    comment: bytes = b"GCC: 12.2.0\0",
    symbol: int = 16,
    directory: bytes = b"/build/one",
    version: int = 5,
    packed: bool = False,
    compression: int = 1,
    kind: int = 3,
) -> bytes:
    """Return a file with the sections that compilers make, laid out by hand from the gABI."""
    names = b"\0.rodata\0.note.gnu.build-id\0.comment\0.debug_abbrev\0.debug_info\0.debug_str\0"
    names += b".debug_line_str\0.symtab\0.strtab\0.bss\0.shstrtab\0"
    sections: list[tuple[bytes, int, int, int, bytes]] = [(b"", 0, 0, 0, b"")]
    note = struct.pack(order + "III", 4, len(build_id), 3) + b"GNU\0" + build_id
    # In this order: producer, language, name, comp_dir (in another section from DWARF 5 on).
    form = 0x1F if version == 5 else 0x0E
    abbreviation = bytes([1, 0x11, 1, 0x25, 0x0E, 0x13, 0x05, 3, 8, 0x1B, form, 0, 0, 0])
    texts = b"GNU C17\0" + (b"" if version == 5 else directory + b"\0")
    at = 0 if version == 5 else 8
    body = b"\1" + struct.pack(order + "IH", 0, 29) + b"a.c\0" + struct.pack(order + "I", at)
    head = struct.pack(order + "BBI", 1, 8, 0) if version == 5 else struct.pack(order + "IB", 0, 8)
    unit = struct.pack(order + "H", version) + head + body
    info = struct.pack(order + "I", len(unit)) + unit
    layout = order + ("IBBHQQ" if wide else "IIIBBH")
    entry = (1, 0x12, 0, 1, symbol, 8) if wide else (1, symbol, 8, 0x12, 0, 1)
    flags = 0
    if packed:
        fields = (compression, 0, len(info), 1) if wide else (compression, len(info), 1)
        head = struct.pack(order + ("IIQQ" if wide else "III"), *fields)
        info, flags = head + zlib.compress(info), 0x800
    sections += [
        (b".rodata", 1, 2, 0, rodata),
        (b".note.gnu.build-id", 7, 2, 0, note),
        (b".comment", 1, 0x30, 0, comment),
        (b".debug_abbrev", 1, 0, 0, abbreviation),
        (b".debug_info", 1, flags, 0, info),
        (b".debug_str", 1, 0x30, 0, texts),
        (b".debug_line_str", 1, 0x30, 0, directory + b"\0"),
        (b".symtab", 2, 0, 9, struct.pack(layout, *entry)),
        (b".strtab", 3, 0, 0, b"\0main\0"),
        (b".bss", 8, 3, 0, b""),
        (b".shstrtab", 3, 0, 0, names),
    ]
    start = 64 if wide else 52
    table, content = b"", b""
    for name, type_, flag, link, data in sections:
        values = (names.index(name + b"\0") if name else 0, type_, flag, 0, start + len(content))
        table += struct.pack(
            order + ("IIQQQQIIQQ" if wide else "IIIIIIIIII"), *values, len(data), link, 0, 1, 0
        )
        content += data
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1, 0, 0]) + bytes(7)
    header = struct.pack(
        order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"),
        *(kind, 62, 1, 0, 0, start + len(content), 0, start, 0, 0),
        *(64 if wide else 40, len(sections), len(sections) - 1),
    )
    return ident + header + content + table


def _pickled(jobs: int) -> bytes:
    return pickle.dumps({"n_jobs": jobs, "w": (1.5, None, True), "s": {"a"}}, 4)


def _zstd(checksum: bool) -> bytes:
    return b"\x28\xb5\x2f\xfd" + bytes([0x20 | 4 * checksum, 3]) + b"\x19\0\0abc"


def cpio(inode: int = 7, mtime: int = 1, content: bytes = b"text\n") -> bytes:
    """Return an archive of one file as cpio(5) describes it, padded as initramfs are."""
    members = [(b"a.txt", [inode, 0o100644, 0, 0, 1, mtime, len(content)], content)]
    members.append((b"TRAILER!!!", [0] * 7, b""))
    out = b""
    for name, numbers, data in members:
        fields = [*numbers, 0, 3, 0, 0, len(name) + 1, 0]
        out += b"070701" + b"".join(b"%08X" % field for field in fields) + name + b"\0"
        out += bytes(-len(out) % 4) + data
        out += bytes(-len(out) % 4)
    return out + bytes(-len(out) % 512)


def git_index(mtime: int = 1, version: int = 2, flags: int = 0) -> bytes:
    """Return an index of two entries; version 4 drops what the paths have in common."""
    out = struct.pack(">4sII", b"DIRC", version, 2)
    for path in (b"a.txt", b"a/b.txt"):
        numbers = (mtime, 0, mtime, 0, 1, 7, 0o100644, 0, 0, 5)
        entry = struct.pack(">10I20sH", *numbers, b"\1" * 20, flags | len(path))
        entry += b"\0\0" if flags else b""
        if version == 4:
            out += entry + (b"\0a.txt\0" if path == b"a.txt" else b"\4/b.txt\0")
        else:
            out += entry + path + b"\0" + bytes(-(len(entry) + len(path) + 1) % 8)
    return out + b"TREE\0\0\0\0" + bytes(20)


def squashfs(made: int, compression: int = 1) -> bytes:
    """Return the superblock of an image of version 4, and a little behind it."""
    head = struct.pack(
        "<4s4I6H2Q", b"hsqs", 2, made, 1 << 17, 1, compression, 17, 0xC0, 1, 4, 0, 64, 300
    )
    return head + bytes(64)


PAIRS = (
    Pair(path="a.whl", first=zipped(), second=zipped(when=(2021, 1, 2, 3, 4, 6)), format="zip",
         field="member a.txt: modification time"),
    Pair(path="a.tar", first=tarred(), second=tarred(mtime=9), format="tar",
         field="member a.txt: modification time"),
    Pair(path="a.gz", first=gzip.compress(b"abc\n", mtime=1),
         second=gzip.compress(b"abc\n", mtime=2), format="gzip", field="gzip header mtime"),
    Pair(path="a.xz", first=lzma.compress(b"abc\n"), second=lzma.compress(b"abd\n"), format="xz",
         field="xz content: line 1, word 1"),
    Pair(path="a.bz2", first=bz2.compress(b"abc\n", 1), second=bz2.compress(b"abc\n", 2),
         format="bzip2", field="bzip2 header block size"),
    Pair(path="a.z", first=zlib.compress(b"abc\n"), second=zlib.compress(b"abd\n"), format="zlib",
         field="zlib content: line 1, word 1"),
    Pair(path="a.zst", first=_zstd(True), second=_zstd(False), format="zstd",
         field="zstd header checksum"),
    Pair(path="a.lz4", first=lz4.compress(b"abc\n"), second=lz4.compress(b"abd\n"), format="LZ4",
         field="LZ4 content: line 1, word 1"),
    Pair(path="a.pyc", first=compiled(), second=compiled(path="/b/a.py"), format="pyc",
         field="code object `<module>`, filename"),
    Pair(path="a.pkl", first=_pickled(1), second=_pickled(2), format="pickle",
         field="pickle opcode 6 (BININT1), n_jobs"),
    Pair(path="a.so", first=elf(), second=elf(directory=b"/build/two"), format="ELF",
         field="DWARF comp_dir of unit 0"),
    Pair(path="a.a", first=ar(), second=ar(mtime=3), format="ar",
         field="member a.txt: modification time"),
    Pair(path="a.cpio", first=cpio(), second=cpio(inode=9), format="cpio",
         field="member a.txt: inode"),
    Pair(path=".git/index", first=git_index(), second=git_index(mtime=9), format="Git index",
         field="index entry a.txt: mtime"),
    Pair(path="a.squashfs", first=squashfs(1717236184), second=squashfs(1717236185),
         format="squashfs", field="squashfs time of making"),
    Pair(path="a.json", first=b'{"a": [1, 2.0]}', second=b'{"a": [1, 2.00]}', format="JSON",
         field="$.a[1]"),
    Pair(path="a.toml", first=b"[a]\nb = 1.5\n", second=b"[a]\nb = 1.50\n", format="TOML",
         field="$.a.b"),
    Pair(path="a.txt", first=b"one two\n", second=b"one three\n", format="text",
         field="line 1, word 2"),
    Pair(path="a.bin", first=b"\0" + struct.pack("<Bhid", 0, 0, 0, 1.5),
         second=b"\0" + struct.pack("<Bhid", 0, 0, 0, 1.5000000000000002), format="binary",
         field="float64 at 0x8 differs by 1 ULP"),
)  # fmt: skip
