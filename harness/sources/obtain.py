"""What an index leaves out of a file's entry: its size, and its sha256.

A plain index (PEP 503) tells no sizes, so the server of the files is asked; some tell only md5 or
sha512, or nothing: then the file is read once, held against what is told, and hashed.
"""

import hashlib
from http import HTTPStatus

import requests
from urllib3.exceptions import HTTPError

from harness.errors import IntegrityError, ToolError
from harness.host.http import PATIENCE, Patience, Session, cause, session
from harness.render.address import shown
from harness.sources.core.listed import SHA256, Listed, agree

_CHUNK = 256 * 1024
_LARGEST = 2**36
"""Bytes that are read of a file whose size nobody told; far above any wheel."""


def complete(listed: Listed, patience: Patience = PATIENCE) -> Listed:
    """Return the file with its size and its sha256.

    Raises:
        ToolError: the server cannot be reached, or does not tell the size.
        IntegrityError: the file is not the one whose hash the index tells.

    """
    with session(patience) as http:
        if SHA256 not in listed.hashes:
            return _read(listed, http)
        size = _size(listed.url, http) if listed.size is None else listed.size
    return Listed(file=listed.file, hashes=listed.hashes, url=listed.url, size=size)


def _size(address: str, http: Session) -> int:
    try:
        with http.get(address) as response:
            size = response.headers.get("Content-Length", "")
            if response.status_code == HTTPStatus.OK and size.isdecimal():
                return int(size)
            raise ToolError(f"{shown(address)}: does not tell its size ({response.status_code})")
    except requests.RequestException as error:
        raise ToolError(f"{shown(address)}: {cause(error)}") from None


def _read(listed: Listed, http: Session) -> Listed:
    """Read the file to its end; what is told of it already must hold."""
    where = f"{listed.file}: {shown(listed.url)}"
    hashes = {name: hashlib.new(name) for name in {SHA256, *listed.hashes}}
    size = 0
    try:
        with http.get(listed.url) as response:
            if response.status_code != HTTPStatus.OK:
                raise ToolError(f"{where}: {response.status_code} {response.reason}")
            while block := response.raw.read1(_CHUNK):
                size += len(block)
                if size > min(listed.size or _LARGEST, _LARGEST):
                    raise IntegrityError(f"{where}: more than the {size - len(block)} bytes told")
                for one in hashes.values():
                    one.update(block)
    except (requests.RequestException, HTTPError, OSError) as error:
        raise ToolError(f"{where}: {cause(error)}") from None
    found = {name: one.hexdigest() for name, one in hashes.items()}
    if agree(listed.hashes, found) is False:
        told = ", ".join(f"{name} {listed.hashes[name]}" for name in sorted(listed.hashes))
        have = ", ".join(f"{name} {found[name]}" for name in sorted(listed.hashes))
        raise IntegrityError(f"{where}: the package index tells {told}, the file has {have}")
    return Listed(file=listed.file, hashes=found, url=listed.url, size=size)
