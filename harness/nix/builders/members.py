"""Members of a wheel become files: each is inflated once, to be hashed, written and compiled.

A large wheel is dealt out to a fixed number of processes, as bytecode.py says. Programs that the
system's loader would start get the base's.

In the environment: as for wheel.py.
"""

import base64
import glob
import hashlib
import lzma
import os
import stat
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from importlib.util import cache_from_source
from io import BufferedRandom

from harness.nix.builders.bytecode import apart, byte_code, dealt

OUT = os.environ["out"]
SITE_PACKAGES = f"{OUT}/lib/python{os.environ['python']}/site-packages"
BASE = os.environ["base"]
INTERPRETER = f"{BASE}/usr/bin/python{os.environ['python']}"
WHEEL = os.environ["wheel"]
FILE = os.environ["file"]
LOADER = next(glob.iglob(f"{BASE}/usr/lib/*/ld-linux-*.so.*"), "")
ELF = b"\x7fELF\x02\x01"
SIZE_OF_ELF_HEADER = 64
PT_INTERP = 3
HEADER = struct.Struct("<IIQQQQQQ")
LONGEST_HEAD = 2**16
CHUNK = 2**20
OF_SOURCE, OF_FILE = 16, 2**13  # bytes that take as long as one that is compiled, and as a file
LARGE = 2**25  # such bytes: about half a second
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

Row = tuple[str, int]
"""A file's hash, as RECORD has it, and its size."""
Done = tuple[dict[str, str], dict[str, Row]]
"""Of some members: the hash of each, by its name, and what was written, by its name in RECORD."""


def explained(error: Exception) -> str:
    """Say what is wrong with a wheel, or with where it is unpacked to."""
    if isinstance(error, OSError):
        return f"{FILE}: {error.filename}: {error.strerror}"
    return f"{FILE}: not a wheel: {error}"


def unpacked(archive: zipfile.ZipFile, targets: dict[str, str], recorded: dict[str, str]) -> Done:
    """Unpack members, shipped byte code first, as what is compiled here takes its place."""
    shipped = [name for name, target in targets.items() if target.endswith(".pyc")]
    rest = targets.keys() - {*shipped}
    weights = {name: weight(archive.getinfo(name), targets[name]) for name in rest}
    done = [unpack(archive, shipped, targets, recorded)]
    if sum(weights.values()) < LARGE:
        done.append(unpack(archive, sorted(rest), targets, recorded))
    else:
        for result in apart(dealt(weights), lambda share: unpack_apart(share, targets, recorded)):
            if isinstance(result, str):
                sys.exit(result)
            done.append(result)
    hashes: dict[str, str] = {}
    rows: dict[str, Row] = {}
    for more_hashes, more_rows in done:
        hashes |= more_hashes
        rows |= more_rows
    return hashes, rows


def weight(member: zipfile.ZipInfo, target: str) -> int:
    """Return how long a member takes, in bytes that are only written."""
    return OF_FILE + member.file_size * (OF_SOURCE if is_source(target) else 1)


def unpack_apart(names: list[str], targets: dict[str, str], recorded: dict[str, str]) -> Done | str:
    """Unpack members in a process of its own, which reads the archive by itself."""
    try:
        with zipfile.ZipFile(WHEEL) as archive:
            return unpack(archive, names, targets, recorded)
    except (*DAMAGED, OSError) as error:
        return explained(error)


def unpack(
    archive: zipfile.ZipFile, names: list[str], targets: dict[str, str], recorded: dict[str, str]
) -> Done:
    """Unpack members, in the order given."""
    hashes: dict[str, str] = {}
    rows: dict[str, Row] = {}
    for name in names:
        algorithm = algorithm_of(recorded.get(name, ""))
        hashes[name], made = unpack_one(archive, name, targets[name], algorithm)
        rows |= made
    return hashes, rows


def unpack_one(
    archive: zipfile.ZipFile, name: str, target: str, algorithm: str
) -> tuple[str, dict[str, Row]]:
    """Write a member, and compile it if it is a module; return its own hash, and what is there."""
    chunks = content(archive, name)
    if not target:
        return hashed(chunks, algorithm), {}
    if in_scripts(name):
        return hashed(content(archive, name), algorithm), written(target, script(chunks), 0o755)[1]
    source = b"".join(chunks) if is_source(target) else None
    mode = 0o755 if is_executable(archive.getinfo(name)) else 0o644
    own, rows = written(target, chunks if source is None else [source], mode)
    if source is not None:
        rows |= compiled(source, target)
    return own if algorithm == "sha256" else hashed(content(archive, name), algorithm), rows


def hashed(chunks: Iterable[bytes], algorithm: str) -> str:
    """Return a hash as RECORD has it."""
    digest = hashlib.new(algorithm)
    for chunk in chunks:
        digest.update(chunk)
    return f"{algorithm}={encoded(digest.digest())}"


def written(target: str, chunks: Iterable[bytes], mode: int) -> tuple[str, dict[str, Row]]:
    """Write a file where none is; return the hash of what was given, and what is there."""
    digest, size, first = hashlib.sha256(), 0, b""
    with open(target, "xb", opener=partial(os.open, mode=mode)) as file:
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
            first = first or chunk[: len(ELF)]
            file.write(chunk)
    given = there = f"sha256={encoded(digest.digest())}"
    if first.startswith(ELF):
        with open(target, "r+b") as program:
            set_loader(program)
            if program.tell() != size:
                size = program.tell()
                program.seek(0)
                there = hashed(iter(lambda: program.read(CHUNK), b""), "sha256")
    return given, {in_record(target): (there, size)}


def set_loader(file: BufferedRandom) -> None:
    """Have the kernel take a program's loader from the base, and leave the file at its end.

    The kernel reads the loader's name from where PT_INTERP says in the file, which need not be
    loaded (execve(2), elf(5)); so the name is added to the end. What the loader itself reads of the
    old name in memory stays.
    """
    head = file.read(LONGEST_HEAD)
    end = file.seek(0, os.SEEK_END)
    if len(head) < SIZE_OF_ELF_HEADER or not LOADER:
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
            if os.path.basename(named) == os.path.basename(os.fsencode(LOADER)):
                name = os.fsencode(LOADER) + b"\0"
                file.seek(at)
                file.write(HEADER.pack(kind, flags, end, *addresses, len(name), memory, align))
                file.seek(end)
                file.write(name)
            file.seek(0, os.SEEK_END)


def compiled(source: bytes, target: str) -> dict[str, Row]:
    """Write a module's byte code, which RECORD names only if the wheel brought some."""
    made = byte_code(source, in_record(target))
    if made is None:
        return {}
    path = cache_from_source(target)
    was_there = os.path.lexists(path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    rows = replaced(path, made)
    return rows if was_there else {}


def replaced(target: str, content: bytes, mode: int = 0o644) -> dict[str, Row]:
    """Write a file in place of one that may be there."""
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with suppress(FileNotFoundError):
        os.unlink(target)
    _, rows = written(target, [content], mode)
    return rows


def in_record(target: str) -> str:
    """Return a file's name in RECORD, which is relative to site-packages."""
    below = target.removeprefix(f"{SITE_PACKAGES}/")
    return below if below != target else os.path.relpath(target, SITE_PACKAGES)


def algorithm_of(recorded: str) -> str:
    """Return the algorithm of a hash that RECORD says; sha256 if there is none that is known."""
    algorithm = recorded.partition("=")[0]
    known = algorithm in hashlib.algorithms_guaranteed and not algorithm.startswith("shake")
    return algorithm if known else "sha256"


def encoded(digest: bytes) -> str:
    """Return a digest as RECORD has it."""
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def in_scripts(name: str) -> bool:
    """Tell whether a member is a script."""
    return in_data(name) and name.split("/")[1:2] == ["scripts"]


def in_data(name: str) -> bool:
    """Tell whether a member has another place than site-packages, however its package is spelt."""
    return name.partition("/")[0].endswith(".data")


def is_source(target: str) -> bool:
    """Tell whether a file is a module, to be compiled."""
    return target.endswith(".py") and target.startswith(f"{SITE_PACKAGES}/")


def is_executable(member: zipfile.ZipInfo) -> bool:
    """Tell whether the archive calls a member a program."""
    mode = member.external_attr >> 16
    return stat.S_ISREG(mode) and bool(mode & 0o111)


def content(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """Yield a member's bytes."""
    with archive.open(name) as file:
        while chunk := file.read(CHUNK):
            yield chunk


def script(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a script's bytes, with the interpreter in place of `python`."""
    rest = iter(chunks)
    first = next(rest, b"")
    if first.startswith(b"#!python"):
        first = f"#!{INTERPRETER}\n".encode() + first.partition(b"\n")[2]
    yield first
    yield from rest
