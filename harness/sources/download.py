"""Download one file: resumed, bounded in time and size, named only when its hash holds.

Bytes go to a `.part` file that is named by the sha256. It stays when the network, the disk or the
user ends the download, and the next one goes on from there; it is removed when it turns out to be
another file's.
"""

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import requests
from urllib3.exceptions import HTTPError

from harness.errors import IntegrityError, ToolError
from harness.host.files import explained
from harness.host.http import Session, cause, shown
from harness.sources.core.input import Input

_CHUNK = 256 * 1024
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)", re.ASCII)
_EXPECTED = {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}

OnSize = Callable[[int], None]
"""Told how many bytes of the file are on disk now."""


def download(session: Session, url: str, wanted: Input, destination: Path, on_size: OnSize) -> None:
    """Bring `wanted` from `url` to `destination`, whose directory exists.

    Raises:
        ToolError: the server, the network or the disk failed; what came stays as a part.
        IntegrityError: the server has another file; nothing of it stays.

    """
    part = destination.with_name(f"{wanted.sha256}.part")
    with explained(part):
        if destination.exists():
            destination.rename(part)
    offset = _size(part)
    on_size(offset)
    transfer = _Transfer(session=session, url=url, wanted=wanted, part=part, on_size=on_size)
    transfer.complete()
    if not transfer.is_wanted() and offset:
        # What an earlier run left was damaged: that says nothing about this server.
        transfer.discard()
        transfer.complete()
    transfer.require_wanted()
    with explained(destination):
        part.rename(destination)


class _PassingError(Exception):
    """An attempt ended early for a reason that may pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Transfer:
    session: Session
    url: str
    wanted: Input
    part: Path
    on_size: OnSize

    @property
    def where(self) -> str:
        return f"{self.wanted.file}: {shown(self.url)}"

    def complete(self) -> None:
        """Append until the size is reached; only an attempt that brings a good deal is free."""
        failures, most = 0, _size(self.part)
        whole = self.session.patience.whole(self.wanted.size)
        until = time.monotonic() + whole
        while _size(self.part) < self.wanted.size:
            if time.monotonic() >= until:
                raise ToolError(f"{self.where}: not whole in {whole:.0f} s; run again to go on")
            try:
                self._attempt(_size(self.part))
                problem = "the body ended early"
            except _PassingError as error:
                problem = str(error)
            if _size(self.part) >= min(most + _CHUNK, self.wanted.size):
                failures, most = 0, _size(self.part)
                continue
            failures += 1
            if failures > self.session.patience.retries:
                raise ToolError(f"{self.where}: {problem}, {failures} times; run again to go on")
            time.sleep(self.session.patience.backoff * 2 ** (failures - 1))

    def is_wanted(self) -> bool:
        with explained(self.part), self.part.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == self.wanted.sha256

    def require_wanted(self) -> None:
        if not self.is_wanted():
            self.discard()
            raise IntegrityError(
                f"{self.where}: the file has the right size and another sha256 than the lock's "
                f"{self.wanted.sha256}; do not use it, and find out who changed it"
            )

    def discard(self) -> None:
        with explained(self.part):
            self.part.unlink(missing_ok=True)
        self.on_size(0)

    def _attempt(self, offset: int) -> None:
        with self._response(offset) as response:
            if offset and not self._goes_on(response, offset):
                self.discard()
            if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise _PassingError("the server would not go on")
            self._refuse_another_size(response)
            with explained(self.part):
                self._append(self._blocks(response))

    def _response(self, offset: int) -> requests.Response:
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        try:
            response = self.session.get(self.url, headers=headers)
        except (requests.RequestException, HTTPError) as error:
            raise ToolError(f"{self.where}: {cause(error)}") from None
        refused = response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and offset
        if response.status_code not in _EXPECTED and not refused:
            response.close()
            raise ToolError(f"{self.where}: {response.status_code} {response.reason}")
        return response

    def _goes_on(self, response: requests.Response, offset: int) -> bool:
        """Return whether the body starts at `offset`; a server may ignore what it was asked."""
        if response.status_code != HTTPStatus.PARTIAL_CONTENT:
            return False
        start, _ = _content_range(response)
        if start != offset:
            self.discard()
            raise _PassingError("the server sent another range than it was asked for")
        return True

    def _refuse_another_size(self, response: requests.Response) -> None:
        """Judge the whole file's size before its body, where the server states it."""
        total = _total(response)
        encoding = response.headers.get("Content-Encoding", "identity")
        if total == self.wanted.size or (total is None and encoding == "identity"):
            return
        if encoding != "identity":
            raise ToolError(f"{self.where}: sent with {encoding} encoding, which was not asked for")
        raise IntegrityError(
            f"{self.where}: the file has {total} bytes, the lock says {self.wanted.size}"
        )

    def _blocks(self, response: requests.Response) -> Iterator[bytes]:
        """Yield what comes, as it comes.

        Raises:
            _PassingError: nothing came in time, too little did, or the connection broke.

        """
        while block := self._read(response):
            yield block

    @staticmethod
    def _read(response: requests.Response) -> bytes:
        try:
            block: bytes = response.raw.read1(_CHUNK)
        except (HTTPError, OSError) as error:
            raise _PassingError(cause(error)) from None
        return block

    def _append(self, blocks: Iterator[bytes]) -> None:
        with self.part.open("ab") as file:
            size = file.tell()
            for block in blocks:
                size += len(block)
                if size > self.wanted.size:
                    break
                file.write(block)
                self.on_size(size)
        if size > self.wanted.size:
            self.discard()
            raise IntegrityError(
                f"{self.where}: the file has more than the {self.wanted.size} bytes the lock says"
            )


def _size(path: Path) -> int:
    with explained(path):
        return path.stat().st_size if path.exists() else 0


def _content_range(response: requests.Response) -> tuple[int | None, int | None]:
    """Return first byte and total of a Content-Range (RFC 9110, 14.4), None where not told."""
    match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if not match:
        return None, None
    return int(match[1]), None if match[2] == "*" else int(match[2])


def _total(response: requests.Response) -> int | None:
    if response.status_code == HTTPStatus.PARTIAL_CONTENT:
        return _content_range(response)[1]
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isascii() and length.isdigit() else None
