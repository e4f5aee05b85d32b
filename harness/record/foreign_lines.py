"""Lines of files that other programs wrote, also of such that gzip compressed."""

import gzip
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

from harness.errors import InputError
from harness.host.files import explained
from harness.record.core.blocks import MAGIC
from harness.record.core.lines import MAX_LINE


def lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file or a pipe, one after the other, as they are asked for.

    Raises:
        InputError: it is not there, is damaged, or has a line of MAX_LINE bytes or more.
        ToolError: it cannot be read.

    """
    if not path.exists() or path.is_dir():
        raise InputError(f"{path}: no such file")
    with explained(path), path.open("rb") as file:
        compressed = file.peek(len(MAGIC))[: len(MAGIC)] == MAGIC
        source = gzip.GzipFile(fileobj=file) if compressed else file
        place = 1
        while line := _line(source, f"{path}: line {place}"):
            yield line
            place += 1


def _line(source: gzip.GzipFile | BufferedReader, where: str) -> bytes:
    try:
        line = source.readline(MAX_LINE)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        said = f"the compressed file is damaged ({error})"
        raise InputError(f"{where}: {said}; zcat FILE | head -n -1 gives what is whole") from error
    if len(line) == MAX_LINE:
        raise InputError(f"{where}: {MAX_LINE} bytes or more")
    return line
