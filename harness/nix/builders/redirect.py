"""Point paths that Debian compiled in to this tree, where there is something to be found.

A path of the store is longer than what it takes the place of. So it is written behind a segment,
where the file is padded with zeros to the end of a page that is mapped anyway, and whatever refers
to the old path is made to refer to the new one: instructions `lea` and pointers (System V ABI,
AMD64 supplement). Of other processors nothing is changed.

- The C library starts this tree's shell for system(3), popen(3) and scripts without a first line.
- The loader's cache names this tree's libraries: those of wheels with a RUNPATH of their own find
  them, and so do programs of wheels, which have no RPATH.

In the environment: out, multiarch.
"""

import os
import re
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

OUT = Path(os.environ["out"])
MULTIARCH = os.environ["multiarch"]
LIBRARIES = OUT / "usr/lib" / MULTIARCH
REDIRECTED = {
    "libc.so.6": (b"/bin/sh", OUT / "usr/bin/sh"),
    "ld-linux-x86-64.so.2": (b"/etc/ld.so.cache", OUT / "etc/ld.so.cache"),
}
LOAD, EXECUTABLE, PAGE = 1, 1, 4096
HEADER = "<IIQQQQQQ"
LEA = re.compile(rb"[\x48\x4c]\x8d[\x05\x0d\x15\x1d\x25\x2d\x35\x3d](?=....)", re.DOTALL)
MAGIC = b"glibc-ld.so.cache1.1"
LITTLE_ENDIAN, LIBC6_X86_64 = 2, 0x0303
LIBRARY = re.compile(r".+\.so(\.[0-9.]+)?")
DIGITS = re.compile(r"[0-9]+|[^0-9]")


class Program:
    """An ELF file of 64 bits whose bytes are changed."""

    def __init__(self, data: bytes) -> None:
        self.data = bytearray(data)
        (start,) = struct.unpack_from("<Q", data, 32)
        size, count = struct.unpack_from("<HH", data, 54)
        places = [start + n * size for n in range(count)]
        self._loads = [place for place in places if self._header(place)[0] == LOAD]

    def redirect(self, old: bytes, new: bytes) -> int:
        """Make what refers to `old` refer to `new`; return how many places there were."""
        before = self._address(self.data.index(b"\0" + old + b"\0") + 1)
        after = self._add(new + b"\0")
        places = [*self._instructions(before), *self._pointers(before)]
        for place, kind, origin in places:
            struct.pack_into(kind, self.data, place, after - origin)
        return len(places)

    def _header(self, place: int) -> tuple[int, ...]:
        return struct.unpack_from(HEADER, self.data, place)

    def _address(self, offset: int) -> int:
        for place in self._loads:
            _, _, start, address, _, size, _, _ = self._header(place)
            if start <= offset < start + size:
                return address + offset - start
        raise ValueError(f"nothing is loaded from byte {offset}")

    def _add(self, text: bytes) -> int:
        """Write behind the first segment that has room, and return the address."""
        for place in self._loads:
            kind, flags, start, address, physical, size, memory, align = self._header(place)
            end = start + size
            room = self.data[end : end + -end % PAGE]
            if size == memory and len(room) >= len(text) and not any(room):
                self.data[end : end + len(text)] = text
                grown = size + len(text)
                struct.pack_into(
                    HEADER, self.data, place,
                    kind, flags, start, address, physical, grown, grown, align,
                )  # fmt: skip
                return address + size
        raise ValueError(f"no segment has room for {len(text)} bytes")

    def _instructions(self, address: int) -> Iterator[tuple[int, str, int]]:
        for place in self._loads:
            _, flags, start, at, _, size, _, _ = self._header(place)
            if flags & EXECUTABLE:
                for match in LEA.finditer(self.data, start, start + size):
                    after = at + match.end() - start + 4
                    if after + struct.unpack_from("<i", self.data, match.end())[0] == address:
                        yield match.end(), "<i", after

    def _pointers(self, address: int) -> Iterator[tuple[int, str, int]]:
        wanted = struct.pack("<Q", address)
        at = self.data.find(wanted)
        while at >= 0:
            if at % len(wanted) == 0:
                yield at, "<Q", 0
            at = self.data.find(wanted, at + 1)


def main() -> None:
    """Write the cache, then redirect."""
    if MULTIARCH != "x86_64-linux-gnu":
        print(f"{MULTIARCH}: /bin/sh and the loader's cache are not redirected")
        return
    (OUT / "etc/ld.so.cache").write_bytes(cache())
    for name, (old, new) in REDIRECTED.items():
        path = (LIBRARIES / name).resolve()
        program = Program(path.read_bytes())
        count = program.redirect(old, os.fsencode(new))
        if count == 0:
            sys.exit(f"{name}: nothing refers to {old.decode()}")
        print(f"{name}: {count} references to {old.decode()} redirected")
        replacement = path.with_name(f".{path.name}")
        replacement.write_bytes(program.data)
        replacement.chmod(0o755)
        replacement.rename(path)


def cache() -> bytes:
    """Return the loader's cache (glibc, sysdeps/generic/dl-cache.h: the format of 2.2)."""
    names = sorted(filter(LIBRARY.fullmatch, os.listdir(LIBRARIES)), key=rank, reverse=True)
    start = len(MAGIC) + 28 + 24 * len(names)
    strings, entries = b"", b""
    for name in names:
        key = start + len(strings)
        strings += os.fsencode(name) + b"\0"
        value = start + len(strings)
        strings += os.fsencode(LIBRARIES / name) + b"\0"
        entries += struct.pack("<iIIIQ", LIBC6_X86_64, key, value, 0, 0)
    head = struct.pack("<IIB3xI12x", len(names), len(strings), LITTLE_ENDIAN, 0)
    return MAGIC + head + entries + strings


def rank(name: str) -> list[tuple[bool, int]]:
    """Return what the loader compares names by: numbers as such, and after other characters."""
    return [
        (part.isdigit(), int(part) if part.isdigit() else ord(part))
        for part in DIGITS.findall(name)
    ]


main()
