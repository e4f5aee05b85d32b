"""Ctrl-C that waits until what must be whole is whole; other ends of a program are as Ctrl-C."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_OTHERS = (signal.SIGTERM, signal.SIGHUP)
"""What ends a program from outside: a cancelled job, `timeout`, a terminal that is closed."""


def end_alike() -> None:
    """Let any such signal end the program as Ctrl-C does, so that nothing begun is left behind.

    What somebody chose to ignore (`nohup`) stays ignored.
    """
    for number in _OTHERS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)


@contextmanager
def held() -> Iterator[None]:
    """Let an interrupt come at the end, and not in the middle.

    Python interrupts the main thread alone; in others there is nothing to hold.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came = list[int]()

    def keep(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - as signal calls it
        came.append(number)

    before = {number: signal.signal(number, keep) for number in (signal.SIGINT, *_OTHERS)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])
