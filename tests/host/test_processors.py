import os
import platform
import threading

import pytest

from harness.errors import ToolError
from harness.host import processors


@pytest.mark.parametrize(
    ("machine", "system"), [("x86_64", "x86_64-linux"), ("aarch64", "aarch64-linux")]
)
def test_a_known_machine_has_nixs_name(
    monkeypatch: pytest.MonkeyPatch, machine: str, system: str
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert processors.current_system() == system


@pytest.mark.parametrize(("machine", "kernel"), [("riscv64", "Linux"), ("x86_64", "Darwin")])
def test_another_machine_is_named_with_those_that_are_known(
    monkeypatch: pytest.MonkeyPatch, machine: str, kernel: str
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(platform, "system", lambda: kernel)
    with pytest.raises(ToolError, match=f"x86_64-linux.*not on {kernel} {machine}"):
        processors.current_system()


def test_a_block_is_kept_on_one_processor_and_other_threads_are_not() -> None:
    allowed = processors.allowed_cpus()
    seen: list[list[int]] = []
    with processors.kept_on(allowed[-1]):
        assert processors.allowed_cpus() == [allowed[-1]]
        assert processors.cpus() == 1
    assert processors.allowed_cpus() == allowed
    other = threading.Thread(target=lambda: seen.append(processors.allowed_cpus()))
    other.start()
    other.join()
    with processors.kept_on(None):
        assert seen == [processors.allowed_cpus()] == [allowed]


def test_an_error_lets_the_processors_go() -> None:
    allowed = processors.allowed_cpus()
    with pytest.raises(ZeroDivisionError), processors.kept_on(allowed[0]):
        raise ZeroDivisionError
    assert processors.allowed_cpus() == allowed


def test_the_processor_and_the_kernel_are_those_that_linux_names() -> None:
    assert processors.kernel() == os.uname().release
    assert processors.processor()
    assert list(processors.processor_flags()) == sorted(processors.processor_flags())
