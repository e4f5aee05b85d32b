"""The process that reads: two files in, what differs out, within limits of its own.

It may write no file, and memory beyond `MEMORY` and processor time beyond `SECONDS` end a reading.
It is asked on standard input, and ends where that ends. It imports little: it starts often.
"""

import gc
import mmap
import os
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice

from harness.formats import registry
from harness.formats.change import Content
from harness.readers.core.messages import (
    Answer,
    Ended,
    Form,
    Request,
    decode_request,
    encode,
    failed,
)

MEMORY = 1 << 30
"""Bytes of address space for a reading, beside the two files, which are mapped."""
SECONDS = 60
"""Processor time of a reading; who asks may have less patience."""


def main() -> None:
    """Answer until nobody asks any more."""
    sys.dont_write_bytecode = True
    for kind in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        resource.setrlimit(kind, (0, 0))
    told = os.dup(1)
    os.dup2(2, 1)  # what a library prints is not an answer
    for line in sys.stdin.buffer:
        for answer in _answers(decode_request(line)):
            os.write(told, encode(answer) + b"\n")


def _answers(request: Request) -> Iterator[Answer]:
    try:
        with _content(request.first) as first, _content(request.second) as second:
            _limit()
            yield from _explained(request, first, second)
    except Exception as error:  # noqa: BLE001 - whatever a reader fails with is an answer
        yield failed(error)
    else:
        yield Ended()
    finally:
        gc.collect(0)


def _explained(request: Request, first: Content, second: Content) -> Iterator[Answer]:
    name, changes = registry.explain(request.name, first, second)
    yield Form(name=name)
    yield from islice(changes, request.most)


def _limit() -> None:
    """Grant memory and time beyond what the process has and has used."""
    with open("/proc/self/statm", encoding="ascii") as status:
        pages = int(status.read().split()[0])
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    for kind, most in (
        (resource.RLIMIT_AS, pages * resource.getpagesize() + MEMORY),
        (resource.RLIMIT_CPU, int(used) + SECONDS + 1),
    ):
        resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))


@contextmanager
def _content(path: str) -> Iterator[Content]:
    """Yield a file's bytes, mapped into memory."""
    with open(path, "rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        mapped = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) if size else None
    yield mapped or b""
    with suppress(BufferError):  # a library that looks at it keeps it for a while
        if mapped:
            mapped.close()
