"""Unpack one wheel into $out as pip does, then compile its modules.

Rules, which are pip's: there is one .dist-info at the top, of this package and Wheel-Version 1;
files go below site-packages; below a directory whose name ends in .data they go where its second
part says; a script `#!python` gets the interpreter; where a script and an entry point have one
name, the entry point stands. Links do not exist: what the archive calls one is a file. What RECORD
does not say, or says wrongly, is told and does not matter, for the lock holds the wheel's hash; the
RECORD that is written names every file with its own. Programs that the system's loader would start
get the base's.

In the environment: out, wheel, file (the wheel's name), installer (PyPA's, unpacked), bytecode,
base, python ("3.11"). Scripts start with the base's interpreter here; the environment gives them
its own.
"""

import base64
import csv
import email
import hashlib
import lzma
import os
import re
import stat
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from importlib.metadata import Distribution, EntryPoint
from pathlib import Path
from typing import BinaryIO

sys.path.insert(0, os.environ["installer"])

from installer.scripts import Script

OUT = Path(os.environ["out"])
SITE_PACKAGES = OUT / f"lib/python{os.environ['python']}/site-packages"
INTERPRETER = f"{os.environ['base']}/usr/bin/python{os.environ['python']}"
FILE = os.environ["file"]
SCHEMES = {
    "purelib": SITE_PACKAGES,
    "platlib": SITE_PACKAGES,
    "scripts": OUT / "bin",
    "headers": OUT / "include" / FILE.partition("-")[0],
    "data": OUT,
}
WRITTEN_BY_SETUPTOOLS = (".exe", "-script.py", ".pya")  # wrappers of the entry point before it
OF_RECORD = ("RECORD", "RECORD.jws", "RECORD.p7s")
LOADER = next(Path(os.environ["base"]).glob("usr/lib/*/ld-linux-*.so.*"), None)
ELF = b"\x7fELF\x02\x01"
SIZE_OF_ELF_HEADER = 64
PT_INTERP = 3
HEADER = struct.Struct("<IIQQQQQQ")
LONGEST_HEAD = 2**16
ALWAYS_ALLOWED = 2**31  # bytes unpacked
MOST_TIMES_LARGER = 200
MOST_LINES = 20
CHUNK = 2**20
DAMAGED = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
)


class Installation:
    """What was written: the hash and size of each path, by its name in RECORD."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[str, int]] = {}

    def write(self, target: Path, chunks: Iterator[bytes], *, executable: bool) -> None:
        """Write a file; one that is there before makes way."""
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        with target.open("x+b") as file:
            for chunk in chunks:
                file.write(chunk)
            set_loader(file)
            size = file.tell()
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").digest()
        target.chmod(0o755 if executable else 0o644)
        self.rows[os.path.relpath(target, SITE_PACKAGES)] = (encoded(digest), size)

    def end(self, info: str) -> None:
        """Write RECORD, which does not know its own hash."""
        record = f"{info}/RECORD"
        rows = [(path, f"sha256={digest}", size) for path, (digest, size) in self.rows.items()]
        others = sorted(row for row in rows if row[0] != record)
        with (SITE_PACKAGES / record).open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([*others, (record, "", "")])


def set_loader(file: BinaryIO) -> None:
    """Have the kernel take a program's loader from the base, and leave the file at its end.

    The kernel reads the loader's name from where PT_INTERP says in the file, which need not be
    loaded (execve(2), elf(5)); so the name is added to the end. What the loader itself reads of the
    old name in memory stays.
    """
    file.seek(0)
    head = file.read(LONGEST_HEAD)
    end = file.seek(0, os.SEEK_END)
    if not head.startswith(ELF) or len(head) < SIZE_OF_ELF_HEADER or LOADER is None:
        return
    (start,) = struct.unpack_from("<Q", head, 32)
    size, count = struct.unpack_from("<HH", head, 54)
    for at in range(start, start + size * count, size or 1):
        if at + HEADER.size > len(head):
            return
        kind, flags, offset, *addresses, length, memory, align = HEADER.unpack_from(head, at)
        if kind == PT_INTERP and offset + length <= end:
            file.seek(offset)
            named = file.read(min(length, LONGEST_HEAD)).rstrip(b"\0")
            if os.path.basename(named) == os.fsencode(LOADER.name):
                name = os.fsencode(LOADER) + b"\0"
                file.seek(at)
                file.write(HEADER.pack(kind, flags, end, *addresses, len(name), memory, align))
                file.seek(end)
                file.write(name)
            file.seek(0, os.SEEK_END)


def main() -> None:
    """Unpack, generate scripts, compile."""
    OUT.mkdir()
    try:
        with zipfile.ZipFile(os.environ["wheel"]) as archive:
            install(archive)
    except DAMAGED as error:
        sys.exit(f"{FILE}: not a wheel: {error}")
    except OSError as error:
        sys.exit(f"{FILE}: {error.filename}: {error.strerror}")
    subprocess.run([INTERPRETER, "-s", os.environ["bytecode"], SITE_PACKAGES], check=True)


def install(archive: zipfile.ZipFile) -> None:
    """Install an archive's files, then what its entry points ask for."""
    refuse_huge(archive)
    members = [name for name in dict.fromkeys(archive.namelist()) if not name.endswith("/")]
    info = info_directory(members)
    require_metadata(archive, members, info)
    tell_record(archive, members, info)
    installation = Installation()
    entry_points = programs(archive, members, info)
    places = [(name, place(name)) for name in sorted(members, key=order)]
    for name, target in places:
        if in_scripts(name):
            if wrapped(target.name) not in entry_points:
                installation.write(target, script(archive, name), executable=True)
        else:
            executable = is_executable(archive.getinfo(name))
            installation.write(target, content(archive, name), executable=executable)
    for one in entry_points.values():
        name, text = Script(one.name, one.module, one.attr, "console").generate(
            INTERPRETER, "posix"
        )
        installation.write(SCHEMES["scripts"] / name, iter([text]), executable=True)
    installer = SITE_PACKAGES / info / "INSTALLER"
    installation.write(installer, iter([b"harness\n"]), executable=False)
    installation.end(info)


def refuse_huge(archive: zipfile.ZipFile) -> None:
    """Refuse what would fill the disk; no member yields more bytes than its header says."""
    size = sum(member.file_size for member in archive.infolist())
    limit = max(ALWAYS_ALLOWED, MOST_TIMES_LARGER * os.path.getsize(os.environ["wheel"]))
    if size > limit:
        sys.exit(f"{FILE}: unpacked it has {size} bytes; at most {limit} are allowed")


def info_directory(members: list[str]) -> str:
    """Return the name of the one .dist-info."""
    tops = {name.partition("/")[0] for name in members if "/" in name}
    found = sorted(top for top in tops if top.endswith(".dist-info"))
    if len(found) != 1:
        sys.exit(f"{FILE}: needs one .dist-info, and has {', '.join(found) or 'none'}")
    own = FILE.partition("-")[0]
    if not normalised(found[0]).startswith(normalised(own)):
        sys.exit(f"{FILE}: {found[0]} is not of {own}")
    return found[0]


def normalised(name: str) -> str:
    """Return a package's name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def require_metadata(archive: zipfile.ZipFile, members: list[str], info: str) -> None:
    """Refuse a wheel that lacks what installers read, of a later format, or of another name."""
    for name in ("WHEEL", "METADATA", "RECORD"):
        if f"{info}/{name}" not in members:
            sys.exit(f"{FILE}: has no {info}/{name}")
    version = email.message_from_bytes(archive.read(f"{info}/WHEEL"))["Wheel-Version"] or ""
    if version.partition(".")[0].strip() != "1":
        sys.exit(f"{FILE}: Wheel-Version {version or 'missing'}; only 1 is known")
    name = email.message_from_bytes(archive.read(f"{info}/METADATA"))["Name"]
    if name and normalised(str(name).strip()) != normalised(FILE.partition("-")[0]):
        sys.exit(f"{FILE}: its METADATA is of {str(name)!a}")


def tell_record(archive: zipfile.ZipFile, members: list[str], info: str) -> None:
    """Print where RECORD and the archive disagree."""
    text = archive.read(f"{info}/RECORD").decode(errors="replace")
    try:
        read = [row for row in csv.reader(text.splitlines()) if row]
    except csv.Error as error:
        print(f"warning: {FILE}: RECORD cannot be read: {error}")
        return
    rows = {row[0]: row[1] if len(row) > 1 else "" for row in read}
    own = {f"{info}/{name}" for name in OF_RECORD}
    told = [
        *(f"names {name}, which is not there" for name in sorted(rows.keys() - {*members} - own)),
        *(f"does not name {name}" for name in members if name not in rows and name not in own),
        *(
            f"has another hash of {name}, or none"
            for name in members
            if name in rows and name not in own and not agrees(archive, name, rows[name])
        ),
    ]
    for line in told[:MOST_LINES]:
        print(f"warning: {FILE}: RECORD {line}")
    if len(told) > MOST_LINES:
        print(f"warning: {FILE}: RECORD: {len(told) - MOST_LINES} more")


def agrees(archive: zipfile.ZipFile, name: str, recorded: str) -> bool:
    """Tell whether a member has the hash that RECORD says."""
    algorithm, _, value = recorded.partition("=")
    if algorithm not in hashlib.algorithms_guaranteed or algorithm.startswith("shake"):
        return False
    digest = hashlib.new(algorithm)
    for chunk in content(archive, name):
        digest.update(chunk)
    return encoded(digest.digest()) == value.rstrip("=")


def encoded(digest: bytes) -> str:
    """Return a digest as RECORD has it."""
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def order(name: str) -> int:
    """Return when a member is written, as later ones replace earlier ones: scripts last."""
    return in_data(name) + in_scripts(name)


def in_data(name: str) -> bool:
    """Tell whether a member has another place than site-packages, however its package is spelt."""
    return name.partition("/")[0].endswith(".data")


def in_scripts(name: str) -> bool:
    """Tell whether a member is a script."""
    return in_data(name) and name.split("/")[1:2] == ["scripts"]


def place(name: str) -> Path:
    """Return where a member goes; anywhere but below its own directory is refused."""
    scheme, below = SITE_PACKAGES, os.path.normpath(name)
    if in_data(name):
        _, _, rest = below.partition("/")
        key, _, below = rest.partition("/")
        if key not in SCHEMES or not below:
            sys.exit(f"{FILE}: {name}: below .data there are {', '.join(SCHEMES)} and no other")
        scheme = SCHEMES[key]
    target = Path(os.path.normpath(scheme / below))
    if scheme not in target.parents:
        sys.exit(f"{FILE}: {name}: reaches outside of where its files go")
    return target


def wrapped(script: str) -> str:
    """Return the name of the entry point that a script may be a wrapper of."""
    lower = script.lower()
    ending = next((one for one in WRITTEN_BY_SETUPTOOLS if lower.endswith(one)), "")
    return script[: len(script) - len(ending)]


def is_executable(member: zipfile.ZipInfo) -> bool:
    """Tell whether the archive calls a member a program."""
    mode = member.external_attr >> 16
    return stat.S_ISREG(mode) and bool(mode & 0o111)


def content(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """Yield a member's bytes."""
    with archive.open(name) as file:
        while chunk := file.read(CHUNK):
            yield chunk


def script(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """Yield a script's bytes, with the interpreter in place of `python`."""
    with archive.open(name) as file:
        first = file.readline()
        yield f"#!{INTERPRETER}\n".encode() if first.startswith(b"#!python") else first
        while chunk := file.read(CHUNK):
            yield chunk


def programs(archive: zipfile.ZipFile, members: list[str], info: str) -> dict[str, EntryPoint]:
    """Return the entry points that become programs, by name."""
    if f"{info}/entry_points.txt" not in members:
        return {}
    directory = Path(os.environ["TMPDIR"]) / "metadata.dist-info"
    directory.mkdir()
    (directory / "entry_points.txt").write_bytes(archive.read(f"{info}/entry_points.txt"))
    try:
        found = Distribution.at(directory).entry_points
    except (TypeError, ValueError) as error:
        sys.exit(f"{FILE}: {info}/entry_points.txt cannot be read: {error}")
    chosen = {
        one.name: one
        for group in ("console_scripts", "gui_scripts")
        for one in found.select(group=group)
    }
    for name, one in chosen.items():
        if not name or "/" in name or name in {".", ".."}:
            sys.exit(f"{FILE}: the entry point {name!r} is no name of a program")
        if not one.pattern.match(one.value) or not one.attr:
            sys.exit(f"{FILE}: the entry point {name!r} names no callable: {one.value!r}")
    return chosen


main()
