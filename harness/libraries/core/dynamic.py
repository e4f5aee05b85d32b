"""What an ELF file asks of a loader: the dynamic section of the System V gABI, chapter 5.

Only 64 bits and little endian are read: that is what wheels for known machines hold. Versions of
symbols are those of the LSB, Symbol Versioning.
"""

from dataclasses import dataclass

from harness.formats.change import Content
from harness.formats.cursor import Cursor

MAGIC = b"\x7fELF\x02\x01"
_LOAD, _DYNAMIC = 1, 2
_NULL, _NEEDED, _STRTAB, _SONAME, _RPATH, _RUNPATH = 0, 1, 5, 14, 15, 29
_VERNEED, _VERNEEDNUM = 0x6FFFFFFE, 0x6FFFFFFF
_MOST = 10_000
_LONGEST = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """Names as DT_NEEDED, DT_SONAME and DT_RPATH or DT_RUNPATH have them; `versions` of symbols.

    `search` is DT_RUNPATH, else DT_RPATH; the latter serves what is loaded, too (`inherited`).
    """

    soname: str = ""
    needed: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    inherited: bool = False
    versions: tuple[str, ...] = ()


def read_dynamic(content: Content) -> Linked:
    """Return what a file asks for; nothing where it is linked statically.

    Raises:
        ValueError: no such ELF file, or a damaged one.

    """
    if content[: len(MAGIC)] != MAGIC:
        raise ValueError("no ELF file of 64 bits, little endian")
    headers = _program_headers(content)
    loads = [header for header in headers if header[0] == _LOAD]
    dynamic = next((header for header in headers if header[0] == _DYNAMIC), None)
    if dynamic is None:
        return Linked()
    tags = _tags(Cursor(content, dynamic[2]))
    one = dict(reversed(tags))
    texts = _offset(one.get(_STRTAB, 0), loads)

    def text(value: int) -> str:
        return _text(content, texts + value)

    runpath, rpath = one.get(_RUNPATH), one.get(_RPATH)
    path = rpath if runpath is None else runpath
    versions: tuple[str, ...] = ()
    if _VERNEED in one:
        start = _offset(one[_VERNEED], loads)
        versions = _versions(content, start, one.get(_VERNEEDNUM, 0), texts)
    return Linked(
        soname=text(one[_SONAME]) if _SONAME in one else "",
        needed=tuple(text(value) for tag, value in tags if tag == _NEEDED),
        search=() if path is None else tuple(filter(None, text(path).split(":"))),
        inherited=runpath is None and rpath is not None,
        versions=versions,
    )


def _program_headers(content: Content) -> list[tuple[int, ...]]:
    (start,) = Cursor(content, 32).unpack("<Q")
    size, count = Cursor(content, 54).unpack("<HH")
    return [Cursor(content, start + n * size).unpack("<IIQQQQQQ") for n in range(count)]


def _tags(cursor: Cursor) -> list[tuple[int, int]]:
    tags: list[tuple[int, int]] = []
    while len(tags) < _MOST:
        tag, value = cursor.unpack("<QQ")
        if tag == _NULL:
            break
        tags.append((tag, value))
    return tags


def _offset(address: int, loads: list[tuple[int, ...]]) -> int:
    for _, _, offset, start, _, size, _, _ in loads:
        if start <= address < start + size:
            return offset + address - start
    raise ValueError(f"nothing is loaded at {address:#x}")


def _text(content: Content, start: int) -> str:
    found = Cursor(content, start, start + _LONGEST).until(b"\0")
    return found.decode("utf-8", "backslashreplace")


def _versions(content: Content, start: int, count: int, texts: int) -> tuple[str, ...]:
    """Return the versions that are needed, each once."""
    found: dict[str, None] = {}
    for _ in range(min(count, _MOST)):
        _, inner, _, first, following = Cursor(content, start).unpack("<HHIII")
        at = start + first
        for _ in range(inner):
            _, _, _, name, step = Cursor(content, at).unpack("<IHHII")
            found[_text(content, texts + name)] = None
            at += step
        start += following
    return tuple(found)


def beyond(versions: tuple[str, ...], glibc: tuple[int, int]) -> str:
    """Return the newest version of the C library that is needed and newer than `glibc`, if any."""
    numbers = [one.removeprefix("GLIBC_").split(".") for one in versions if one[:6] == "GLIBC_"]
    known = [tuple(map(int, one)) for one in numbers if all(part.isdecimal() for part in one)]
    newest = max(known, default=())
    return "GLIBC_" + ".".join(map(str, newest)) if newest[:2] > glibc else ""
