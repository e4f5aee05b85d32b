"""Recordings as files: requests by their number, each read when it is asked for."""

import hashlib
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, overload

from harness.adapters.files import explained
from harness.core.jsonl_recording import MAX_LINE, decode_line
from harness.core.recording import Exchange
from harness.errors import InputError


class Recording(Sequence[Exchange]):
    """An open recording of JSON lines; `sha256` is its file's, in hex."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path, self._file = path, file
        self._starts = array("Q")
        digest = hashlib.sha256()
        start = 0
        while line := file.readline(MAX_LINE):
            if len(line) == MAX_LINE:
                raise InputError(f"{path}: line {len(self) + 1} has {MAX_LINE} bytes or more")
            digest.update(line)
            if line.strip():
                self._starts.append(start)
            start += len(line)
        if not self._starts:
            raise InputError(f"{path}: an empty recording")
        self.sha256 = digest.hexdigest()

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, number: int) -> Exchange: ...

    @overload
    def __getitem__(self, number: slice) -> list[Exchange]: ...

    def __getitem__(self, number: int | slice) -> Exchange | list[Exchange]:
        if isinstance(number, slice):
            return [self[each] for each in range(*number.indices(len(self)))]
        self._file.seek(self._starts[number])
        return decode_line(self._file.readline(MAX_LINE), number, f"{self._path}: request {number}")


@contextmanager
def read(path: Path) -> Iterator[Recording]:
    """Open a recording.

    Raises:
        InputError: there is none, it is empty, or a request that is asked for is none.
        ToolError: it cannot be read.

    """
    if not path.is_file():
        raise InputError(f"{path}: no such recording")
    with explained(path), path.open("rb") as file:
        yield Recording(path, file)
