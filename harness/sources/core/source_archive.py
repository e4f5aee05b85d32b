"""A tree as an sdist: the same bytes from the same files, whatever writes them.

Formats: pax (POSIX.1-2001) within gzip (RFC 1952) whose blocks are stored (RFC 1951, 3.2.4), for
what a compressor makes differs between its versions. Rules: sorted names, one time, two modes.
"""

import io
import tarfile
import zlib
from collections.abc import Iterator

from packaging.utils import canonicalize_name
from packaging.version import Version

from harness.documents.toml import parse_toml
from harness.errors import InputError
from harness.store.core.nar import Directory, Node, Regular, Symlink

_EPOCH = 315532800
"""1980-01-01, the first moment that a zip archive, and so a wheel, knows."""
_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_BLOCK = 65535
_PROJECT = b"pyproject.toml"


def stated_version(tree: Directory, name: str, where: str) -> str:
    """Return the version that a project states in its pyproject.toml.

    Raises:
        InputError: it states none, or another name, or has no such file.

    """
    file = tree.entries.get(_PROJECT)
    try:
        data = b"".join(file.chunks()) if isinstance(file, Regular) else b""
        project = parse_toml(data, where).get("project", {})
        own, version = project.get("name", ""), project.get("version", "")
        known = str(Version(version))
    except (InputError, ValueError, AttributeError, TypeError) as error:
        raise InputError(
            f"{where}: its pyproject.toml states no project.version, so which version it is would "
            "be its backend's to say; build its wheel, and name the wheel's address with its sha256"
        ) from error
    if canonicalize_name(str(own)) != canonicalize_name(name):
        raise InputError(f"{where}: it is the project {own!a}, not {name!r}")
    return known


def packed(tree: Directory, name: str, version: str) -> tuple[str, bytes]:
    """Return the file name and the bytes of the sdist of a tree."""
    stem = f"{canonicalize_name(name).replace('-', '_')}-{version}"
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for place, node in _members(tree, stem):
            member = tarfile.TarInfo(place)
            member.mtime = _EPOCH
            member.mode = 0o644
            content = b""
            if isinstance(node, Directory):
                member.type, member.mode = tarfile.DIRTYPE, 0o755
            elif isinstance(node, Symlink):
                member.type, member.linkname = tarfile.SYMTYPE, _text(node.target)
            else:
                content = b"".join(node.chunks())
                member.mode = 0o755 if node.executable else 0o644
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return f"{stem}.tar.gz", _stored(made.getvalue())


def _members(tree: Directory, place: str) -> Iterator[tuple[str, Node]]:
    yield place, tree
    for name, node in sorted(tree.entries.items()):
        below = f"{place}/{_text(name)}"
        if isinstance(node, Directory):
            yield from _members(node, below)
        else:
            yield below, node


def _text(name: bytes) -> str:
    return name.decode(errors="surrogateescape")


def _stored(data: bytes) -> bytes:
    """Return gzip of data, as it is."""
    made = [_HEAD]
    for start in range(0, len(data), _BLOCK):
        block = data[start : start + _BLOCK]
        is_last = start + _BLOCK >= len(data)
        size = len(block).to_bytes(2, "little")
        made += [bytes([is_last]), size, bytes(0xFF ^ one for one in size), block]
    ends = (zlib.crc32(data), len(data) & 0xFFFFFFFF)
    return b"".join((*made, *(one.to_bytes(4, "little") for one in ends)))
