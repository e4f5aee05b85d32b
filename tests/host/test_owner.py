"""Facts about the names of processes that own containers."""

import os
import signal
import subprocess
import sys

import pytest

from harness.host.owner import is_gone, own_name
from tests.children import started

SAY_NAME = "from harness.host.owner import own_name; print(own_name(), flush=True); input()"


def test_this_process_is_there() -> None:
    assert not is_gone(own_name())


def test_a_process_that_was_killed_is_gone_before_it_is_waited_for_and_after() -> None:
    argv = [sys.executable, "-c", SAY_NAME]
    with started(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        assert not is_gone(name)
        process.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert is_gone(name)
    assert is_gone(name)


def test_another_process_with_the_same_number_is_not_the_owner() -> None:
    boot, namespace, number, start = own_name().split(":")
    assert is_gone(":".join([boot, namespace, number, str(int(start) + 1)]))


def test_nothing_lives_through_a_restart() -> None:
    _, *rest = own_name().split(":")
    assert is_gone(":".join(["another-boot", *rest]))


@pytest.mark.parametrize("name", ["", "someone", "a:b", "a:b:c:d:e"])
def test_what_cannot_be_judged_is_not_gone(name: str) -> None:
    assert not is_gone(name)


def test_what_another_namespace_owns_is_not_gone() -> None:
    boot, _, number, start = own_name().split(":")
    assert not is_gone(f"{boot}:1:{number}:{start}")
