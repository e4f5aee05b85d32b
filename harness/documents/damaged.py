"""What libraries raise on bytes that are not what they are read as, made one kind of error.

Each library has errors of its own, and some let through whatever their code trips over. Where bytes
of others are read, the file is named instead.
"""

import gzip
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from harness.errors import HarnessError, InputError

DAMAGED: tuple[type[Exception], ...] = (
    ValueError,
    LookupError,
    ArithmeticError,
    TypeError,
    AttributeError,
    AssertionError,
    EOFError,
    RuntimeError,
    gzip.BadGzipFile,
    lzma.LZMAError,
    struct.error,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)

_LONGEST = 200


@contextmanager
def reading(where: str, kind: type[HarnessError] = InputError) -> Iterator[None]:
    """Raise what bytes of others make a library raise as `kind`, which begins with `where`."""
    try:
        yield
    except DAMAGED as error:
        said = " ".join(str(error).split())[:_LONGEST] or type(error).__name__
        raise kind(f"{where}: damaged: {said}") from error
