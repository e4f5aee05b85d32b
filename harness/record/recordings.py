"""Recordings as files: requests by their number, each read when it is asked for.

Plain JSON lines, or the same lines in compressed blocks as `create` writes them.
"""

import hashlib
import os
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import BufferedReader, FileIO
from pathlib import Path
from typing import BinaryIO, Protocol, overload

from harness.errors import InputError
from harness.host import foreign
from harness.host.files import explained
from harness.record.core.blocks import BLOCK, HEAD, MAGIC, decode_head, is_cut, pack, unpack
from harness.record.core.exchange import Exchange
from harness.record.core.lines import MAX_LINE, decode_line, encode_head, encode_line, is_head


class _Lines(Protocol):
    """Where the lines of requests are."""

    cut: bool

    def __len__(self) -> int: ...

    def __getitem__(self, number: int, /) -> bytes: ...


class _Plain:
    """Lines of a text file."""

    cut = False

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._file = file
        self._starts = array("Q")
        start = 0
        while line := file.readline(MAX_LINE):
            if len(line) == MAX_LINE:
                raise InputError(f"{path}: line {len(self) + 1} has {MAX_LINE} bytes or more")
            if line.strip() and not (not self._starts and is_head(line, str(path))):
                self._starts.append(start)
            start += len(line)

    def __len__(self) -> int:
        return len(self._starts)

    def __getitem__(self, number: int) -> bytes:
        self._file.seek(self._starts[number])
        return self._file.readline(MAX_LINE)


class _Blocks:
    """Lines in compressed blocks, of which the last one that was asked for is held unpacked."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path, self._file = path, file
        self._starts, self._sizes, self._first = array("Q"), array("L"), array("Q")
        self._count = 0
        self._held: tuple[int, list[bytes]] = (-1, [])
        self.cut = self._walk()
        if not self._starts or not is_head(self._unpacked(0), str(path)):
            raise InputError(f"{path}: compressed, but no recording; {_IMPORT}")

    def _walk(self) -> bool:
        """Note where the blocks are; tell whether the last one is not there as a whole."""
        end = os.fstat(self._file.fileno()).st_size
        start = 0
        while start < end:
            self._file.seek(start)
            try:
                block = decode_head(self._file.read(HEAD))
            except ValueError as error:
                if start and end - start < HEAD:
                    return True
                said = (
                    f"at byte {start}: {error}" if start else f"compressed, but {error}; {_IMPORT}"
                )
                raise InputError(f"{self._path}: {said}") from error
            if start + block.size > end:
                return self._is_cut(start)
            self._starts.append(start)
            self._sizes.append(block.size)
            self._first.append(self._count)
            self._count += block.requests
            start += block.size
        return False

    def _is_cut(self, start: int) -> bool:
        self._file.seek(start)
        if not is_cut(self._file.read()):
            raise InputError(f"{self._path}: block {len(self._starts)} at byte {start}: damaged")
        return True

    def _unpacked(self, block: int) -> bytes:
        self._file.seek(self._starts[block])
        try:
            return unpack(self._file.read(self._sizes[block]))
        except ValueError as error:
            place = f"{self._path}: block {block} at byte {self._starts[block]}"
            raise InputError(f"{place}: {error}") from error

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> bytes:
        block = bisect_right(self._first, number) - 1
        if self._held[0] != block:
            self._held = (block, self._lines_of(block))
        return self._held[1][number - self._first[block]]

    def _lines_of(self, block: int) -> list[bytes]:
        lines = self._unpacked(block).split(b"\n")[:-1]
        after = self._first[block + 1] if block + 1 < len(self._first) else self._count
        if len(lines) != (claimed := after - self._first[block]):
            raise InputError(
                f"{self._path}: block {block} has {len(lines)} requests, but claims {claimed}"
            )
        return lines


_IMPORT = "harness record --from FILE imports what other programs recorded"


class Recording(Sequence[Exchange]):
    """An open recording; `sha256` is its file's, in hex.

    `cut` tells that it ends within a block, as after a kill: that block is left out.
    """

    def __init__(self, path: Path, file: BufferedReader) -> None:
        self._path = path
        self.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        kind = _Blocks if file.read(len(MAGIC)) == MAGIC else _Plain
        file.seek(0)
        self._lines: _Lines = kind(path, file)
        self.cut = self._lines.cut
        if not self._lines:
            raise InputError(f"{path}: an empty recording")

    def __len__(self) -> int:
        return len(self._lines)

    @overload
    def __getitem__(self, number: int) -> Exchange: ...

    @overload
    def __getitem__(self, number: slice) -> list[Exchange]: ...

    def __getitem__(self, number: int | slice) -> Exchange | list[Exchange]:
        if isinstance(number, slice):
            return [self[each] for each in range(*number.indices(len(self)))]
        number += len(self) if number < 0 else 0
        if not 0 <= number < len(self):
            raise IndexError(number)
        with explained(self._path):
            line = self._lines[number]
        return decode_line(line, number, f"{self._path}: request {number}")


@contextmanager
def read(path: Path) -> Iterator[Recording]:
    """Open a recording.

    Raises:
        InputError: there is none, it is empty or damaged, or a request that is asked for is none.
        ToolError: it cannot be read.

    """
    if not path.is_file():
        raise InputError(f"{path}: no such recording")
    with explained(path), foreign.opened(path, str(path)) as file:
        yield Recording(path, file)


class Writer:
    """A recording that is written: exchanges are on disk by blocks, or when it is flushed.

    `requests` is how many are on disk.
    """

    def __init__(self, path: Path, file: FileIO) -> None:
        self._path, self._file = path, file
        self._written, self.requests = 0, 0
        self._lines = list[bytes]()
        self._size = 0

    def head(self, redacted: Sequence[str]) -> None:
        """Begin the file."""
        self._append(pack(encode_head(redacted), 0))

    def add(self, exchange: Exchange) -> None:
        """Append an exchange; its number is its place.

        Raises:
            InputError: it is larger than could be read again.
            ToolError: the disk is full.

        """
        line = encode_line(exchange)
        if len(line) > MAX_LINE:
            raise InputError(f"{self._path}: an exchange of more than {MAX_LINE} bytes")
        self._lines.append(line)
        self._size += len(line)
        if self._size >= BLOCK:
            self.flush()

    def flush(self) -> None:
        """Have what was added on disk; where that fails, the file keeps its whole blocks.

        Raises:
            ToolError: the disk is full.

        """
        if self._lines:
            lines, self._lines, self._size = self._lines, [], 0
            self._append(pack(b"".join(lines), len(lines)))
            self.requests += len(lines)

    def _append(self, block: bytes) -> None:
        with explained(self._path):
            try:
                left = memoryview(block)
                while left:
                    left = left[self._file.write(left) :]
            except OSError:
                with suppress(OSError):
                    self._file.truncate(self._written)
                    self._file.seek(self._written)
                raise
            self._written += len(block)


@contextmanager
def create(path: Path, redacted: Sequence[str] = ()) -> Iterator[Writer]:
    """Make a recording, for its owner alone; `redacted` says which fields are taken out of it.

    Raises:
        InputError: there is such a file, or git would track it.
        ToolError: it cannot be written.

    """
    from harness.host.git import require_ignored  # noqa: PLC0415 - slow, and only writing needs it

    require_ignored(path)
    with explained(path):
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError as error:
            raise InputError(f"{path}: exists; choose another file") from error
    with open(handle, "wb", buffering=0) as file:
        writer = Writer(path, file)
        writer.head(redacted)
        try:
            yield writer
        finally:
            writer.flush()
