"""Which packages of a suite bring a library: the suite's signed Contents index.

It is large: downloaded only when it is asked for, read as a stream, and what is of interest in it
is kept in the user's cache by the index's hash.
"""

import gzip
import json
import re
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from harness.errors import HarnessError, IntegrityError, ToolError
from harness.host.files import cache_directory, explained, is_own, write_atomically
from harness.host.http import session
from harness.host.scratch import scratch
from harness.project.core.bases import base_with
from harness.render.address import shown
from harness.sources.core.input import Input
from harness.sources.debian import mirrors, signed_entry
from harness.sources.download import download

_LARGEST = 2**31
"""Bytes of an index, unpacked."""


def libraries(suite: str, architecture: str, multiarch: str) -> Mapping[str, tuple[str, ...]]:
    """Return packages by the names of libraries that they have where a base looks for them.

    Raises:
        ToolError: no mirror answers.
        IntegrityError: a signature or hash does not hold.

    """
    name = f"{base_with(suite).component}/Contents-{architecture}.gz"
    problems: list[HarnessError] = []
    for mirror in mirrors(suite):
        try:
            digest, size = signed_entry(mirror, suite, name)
            return _libraries(f"{mirror}/dists/{suite}/{name}", digest, size, multiarch)
        except (ToolError, IntegrityError) as error:
            problems.append(error)
    detail = "".join(f"\n  {problem}" for problem in problems)
    raise ToolError(f"no mirror has the Contents index of {suite}{detail}")


def _libraries(url: str, digest: str, size: int, multiarch: str) -> Mapping[str, tuple[str, ...]]:
    cached = cache_directory() / "debian" / f"{digest}.libraries.json"
    try:
        if is_own(cached.parent) and is_own(cached):
            return {name: tuple(found) for name, found in json.loads(cached.read_bytes()).items()}
    except (OSError, ValueError, AttributeError, TypeError):
        pass
    with scratch() as directory:
        packed = directory / "contents.gz"
        file = Input(file="Contents.gz", size=size, sha256=digest)
        with session() as connections:
            download(connections, url, file, packed, lambda _: None)
        found = _read(packed, shown(url), multiarch)
    with explained(cached):
        cached.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(cached, json.dumps(found).encode())
    return found


def _read(packed: Path, where: str, multiarch: str) -> dict[str, tuple[str, ...]]:
    size, kept = 0, list[bytes]()
    try:
        with gzip.open(packed) as file:
            while line := file.readline(1 << 20):
                size += len(line)
                if size > _LARGEST:
                    raise IntegrityError(f"{where}: more than {_LARGEST} bytes")
                if b".so" in line:
                    kept.append(line)
    except (OSError, EOFError, zlib.error) as error:
        raise IntegrityError(f"{where}: damaged: {error}") from error
    return listed(kept, multiarch)


def listed(lines: Iterable[bytes], multiarch: str) -> dict[str, tuple[str, ...]]:
    """Return packages by library of lines of an index: a path and sections with packages."""
    wanted = re.compile(
        rb"(?:usr/)?lib/%s/([^/\s]+\.so(?:\.[^/\s]+)?)\s+(\S+)\s*" % multiarch.encode()
    )
    found: dict[str, tuple[str, ...]] = {}
    for match in filter(None, map(wanted.fullmatch, lines)):
        name = match[1].decode(errors="replace")
        packages = (one.rpartition("/")[2] for one in match[2].decode(errors="replace").split(","))
        found[name] = (*found.get(name, ()), *packages)
    return found
