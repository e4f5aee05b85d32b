"""What holds for every test: it ends, and how long it takes is not what it asserts."""

import faulthandler
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import pytest
from hypothesis import settings

from harness.commands.parts import output
from tests import schemas

settings.register_profile("harness", deadline=None)
settings.load_profile("harness")

_SECONDS = {"slow": 1800, "network": 900, "docker": 600, "nix": 600}
"""After which each part of a test (its fixtures, itself, its clean-up) has failed, by mark."""
_OTHERWISE = 120
_AGAIN = 10
"""Seconds after which what goes on though it has failed, such as a clean-up that waits, fails."""
_PATIENCE = 120
"""Seconds more, after which the whole run ends with every thread's traceback."""

# A shell without a terminal starts what is in the background deaf to Ctrl-C, and so would be all
# that is started from here.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def _json_is_as_documented() -> Iterator[None]:
    """Hold every object that a command prints in this process against its schema."""
    printing = output.print_document

    def held(text: str) -> None:
        schemas.check_here(text)
        printing(text)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(output, "print_document", held)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    with _limited(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    with _limited(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    with _limited(item):
        return (yield)


@contextmanager
def _limited(item: pytest.Item) -> Iterator[None]:
    marks = {mark.name for mark in item.iter_markers()}
    seconds = next((_SECONDS[mark] for mark in _SECONDS if mark in marks), _OTHERWISE)

    def fail(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - as signal calls it
        pytest.fail(f"no end after {seconds} s")

    before = signal.signal(signal.SIGALRM, fail)
    signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    faulthandler.dump_traceback_later(seconds + _PATIENCE, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
