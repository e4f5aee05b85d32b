"""Pack store paths, or what an image has besides, as one layer: a compressed tar, always the same.

Rules: entries sorted, owner 0, time stamp 1 as in the store; the store's modes for what is in the
store, 0755 for directories elsewhere; no time stamp or name in the gzip header. Nothing but the
contents and the base's own zlib decides about a byte.

In the environment: out, contentsPath (file: a JSON list of {source, target}: an absolute path and
where it goes in the image), writable (a JSON list of directories that anybody may write to).
$out gets `layer.tar.gz` and `layer.json`: its digest and size in bytes, and the digest of the tar.
"""

import hashlib
import io
import json
import os
import stat
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

OUT = Path(os.environ["out"])
LEVEL = 4  # of 9: wheels take half the time of the usual 6 and 4 % more space
GZIP = 16 + zlib.MAX_WBITS
CHUNK = 2**20
STORE = "nix/store/"


class Packed(io.BufferedIOBase):
    """A file to write a tar to, which is compressed, and hashed on both sides."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
        self._tar, self._gzip, self._size = hashlib.sha256(), hashlib.sha256(), 0

    def write(self, data: "ReadableBuffer", /) -> int:
        """Take a part of the tar."""
        data = bytes(data)
        self._tar.update(data)
        self._put(self._compressor.compress(data))
        return len(data)

    def end(self) -> dict[str, object]:
        """End the file and describe it."""
        self._put(self._compressor.flush())
        self._file.close()
        return {
            "digest": f"sha256:{self._gzip.hexdigest()}",
            "size": self._size,
            "diff-id": f"sha256:{self._tar.hexdigest()}",
        }

    def _put(self, data: bytes) -> None:
        self._gzip.update(data)
        self._size += len(data)
        self._file.write(data)


def main() -> None:
    """Write the layer and its description."""
    contents = json.loads(Path(os.environ["contentsPath"]).read_text())
    writable = [path.strip("/") for path in json.loads(os.environ["writable"])]
    OUT.mkdir()
    packed = Packed(OUT / "layer.tar.gz")
    with tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT, bufsize=CHUNK) as tar:
        for name, source in sorted(entries(contents, writable).items(), key=place):
            add(tar, name, source, writable)
    (OUT / "layer.json").write_text(json.dumps(packed.end(), sort_keys=True) + "\n")


def place(entry: tuple[str, str | None]) -> list[str]:
    """Return what sorts a directory before what is in it, and that before its neighbours."""
    return entry[0].split("/")


def entries(contents: list[dict[str, str]], writable: list[str]) -> dict[str, str | None]:
    """Return the source of each name; None for a directory that is made for what is below it."""
    found: dict[str, str | None] = {}
    for one in contents:
        target = one["target"].strip("/")
        found |= dict(above(target))
        found |= dict(below(one["source"], target))
    for path in writable:
        found |= {name: found.get(name) for name in (*dict(above(path)), path)}
    return found


def above(name: str) -> Iterator[tuple[str, None]]:
    """Yield the directories that a name is in."""
    parts = name.split("/")[:-1]
    for count in range(1, len(parts) + 1):
        yield "/".join(parts[:count]), None


def below(source: str, target: str) -> Iterator[tuple[str, str]]:
    """Yield a file, or a directory with all it holds; nothing for the root itself."""
    if target:
        yield target, source
    if os.path.isdir(source) and not os.path.islink(source):
        for name in os.listdir(source):
            yield from below(f"{source}/{name}", f"{target}/{name}".lstrip("/"))


def add(tar: tarfile.TarFile, name: str, source: str | None, writable: list[str]) -> None:
    """Add one entry."""
    entry = tarfile.TarInfo(name)
    entry.mtime = 1
    if source is None or (os.path.isdir(source) and not os.path.islink(source)):
        in_store = source is not None and name.startswith(STORE)
        entry.type = tarfile.DIRTYPE
        entry.mode = 0o1777 if name in writable else 0o555 if in_store else 0o755
        tar.addfile(entry)
    elif os.path.islink(source):
        entry.type = tarfile.SYMTYPE
        entry.mode = 0o777
        entry.linkname = os.readlink(source)
        tar.addfile(entry)
    else:
        status = os.stat(source)
        entry.mode = 0o555 if status.st_mode & stat.S_IXUSR else 0o444
        entry.size = status.st_size
        with open(source, "rb") as file:
            tar.addfile(entry, file)


main()
