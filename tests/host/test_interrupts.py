import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from harness.host.interrupts import end_alike, held
from tests.children import started

_PATIENCE = 30.0


def test_an_interrupt_comes_at_the_end_and_once() -> None:
    done: list[str] = []

    def work() -> None:
        with held():
            signal.raise_signal(signal.SIGINT)
            done.append("all of it")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["all of it"]
    with held():
        pass


def test_interrupts_go_on_as_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    with held():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_have_nothing_to_hold() -> None:
    done = []

    def work() -> None:
        with held():
            done.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [signal.getsignal(signal.SIGINT)]


def test_what_ends_a_program_otherwise_is_held_as_well() -> None:
    done: list[str] = []
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)

    def work() -> None:
        with held():
            signal.raise_signal(signal.SIGTERM)
            done.append("all of it")

    try:
        with pytest.raises(KeyboardInterrupt):
            work()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert done == ["all of it"]


_VERB = """
import signal, sys, tempfile
from harness import __main__

def verb(*_, **__):
    with tempfile.TemporaryDirectory(dir=sys.argv[1]):
        print("begun", flush=True)
        while True:
            signal.pause()

__main__.cli.main = verb
__main__.main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_ended_leaves_nothing(tmp_path: Path, number: int) -> None:
    argv = [sys.executable, "-c", _VERB, str(tmp_path)]
    with started(argv, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "begun\n"
        assert list(tmp_path.iterdir())
        running.send_signal(number)
        assert running.wait(_PATIENCE) == 130
    assert not list(tmp_path.iterdir())


def test_what_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN), signal.getsignal(signal.SIGTERM)
    try:
        end_alike()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        for number, handler in zip((signal.SIGHUP, signal.SIGTERM), before, strict=True):
            signal.signal(number, handler)


def test_a_command_in_the_background_is_deaf_to_ctrl_c_and_ends_when_it_is_told_to(
    tmp_path: Path,
) -> None:
    argv = ["env", "--ignore-signal=INT,HUP", sys.executable, "-c", _VERB, str(tmp_path)]
    with started(argv, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "begun\n"
        for number in (signal.SIGINT, signal.SIGHUP):
            running.send_signal(number)
        with pytest.raises(subprocess.TimeoutExpired):
            running.wait(0.3)
        assert list(tmp_path.iterdir())
        running.terminate()
        assert running.wait(_PATIENCE) == 130
    assert not list(tmp_path.iterdir())
