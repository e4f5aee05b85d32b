"""Ctrl-C that waits until what must be whole is whole."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def held() -> Iterator[None]:
    """Let an interrupt come at the end, and not in the middle.

    Python interrupts the main thread alone; in others there is nothing to hold.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came = False

    def keep(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - as signal calls it
        nonlocal came
        came = True

    before = signal.signal(signal.SIGINT, keep)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if came:
            signal.raise_signal(signal.SIGINT)
