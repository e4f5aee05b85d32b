"""The Nix archive: the serialisation that store paths are hashed by (Dolstra 2006, figure 5.2).

Strings are length (64 bits, little endian), bytes, and zeros up to a multiple of eight. A tree is
given as nested values; contents are handed in as chunks, so that no file need be in memory.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_ALIGNMENT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Regular:
    """A file: its size in bytes, and a function that yields exactly that many."""

    size: int
    chunks: Callable[[], Iterable[bytes]]
    executable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Symlink:
    """A link and its target, as bytes."""

    target: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """A directory: names (bytes) and what they are; any order."""

    entries: Mapping[bytes, "Node"]


Node = Regular | Symlink | Directory


def nar_sha256(node: Node) -> str:
    """Return the sha256 (hex) of a tree's archive.

    Raises:
        ValueError: a file's chunks do not add up to its size.

    """
    digest = hashlib.sha256()
    digest.update(string(b"nix-archive-1"))
    _update(digest, node)
    return digest.hexdigest()


def string(data: bytes) -> bytes:
    """Return a string as the archive writes it."""
    return len(data).to_bytes(8, "little") + data + padding(len(data))


def padding(size: int) -> bytes:
    """Return the zeros after a string of `size` bytes."""
    return bytes(-size % _ALIGNMENT)


OPEN = string(b"(") + string(b"type")
CLOSE = string(b")")
DIRECTORY = OPEN + string(b"directory")
ENTRY = string(b"entry") + string(b"(") + string(b"name")
NODE = string(b"node")
SYMLINK = OPEN + string(b"symlink") + string(b"target")
REGULAR = {
    False: OPEN + string(b"regular") + string(b"contents"),
    True: OPEN + string(b"regular") + string(b"executable") + string(b"") + string(b"contents"),
}


def _update(digest: Any, node: Node) -> None:
    if isinstance(node, Regular):
        digest.update(REGULAR[node.executable] + node.size.to_bytes(8, "little"))
        seen = 0
        for chunk in node.chunks():
            seen += len(chunk)
            digest.update(chunk)
        if seen != node.size:
            raise ValueError(f"{seen} bytes in a file of {node.size}: it changed while read")
        digest.update(padding(node.size))
    elif isinstance(node, Symlink):
        digest.update(SYMLINK + string(node.target))
    else:
        digest.update(DIRECTORY)
        for name in sorted(node.entries):
            digest.update(ENTRY + string(name) + NODE)
            _update(digest, node.entries[name])
            digest.update(CLOSE)
    digest.update(CLOSE)
