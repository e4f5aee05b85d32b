"""Facts about the kernel's counts; the files are laid out as its documentation says."""

from pathlib import Path

import pytest

from harness.container.control_groups import usage
from harness.container.core.usage import Usage

VERSION_1 = {
    "proc/7/cgroup": "8:memory:/docker/ab\n4:cpu,cpuacct:/docker/ab\n0::/docker/ab\n",
    "mount/memory/docker/ab/memory.usage_in_bytes": "3000000\n",
    "mount/memory/docker/ab/memory.max_usage_in_bytes": "5000000\n",
    "mount/memory/docker/ab/memory.stat": "cache 9\ninactive_file 7\ntotal_inactive_file 1000000\n",
    "mount/cpuacct/docker/ab/cpuacct.usage": "1500000000\n",
}
VERSION_2 = {
    "proc/7/cgroup": "0::/system.slice/docker-ab.scope\n",
    "mount/system.slice/docker-ab.scope/memory.current": "3000000\n",
    "mount/system.slice/docker-ab.scope/memory.peak": "5000000\n",
    "mount/system.slice/docker-ab.scope/memory.stat": "anon 9\ninactive_file 1000000\n",
    "mount/system.slice/docker-ab.scope/cpu.stat": "usage_usec 1500000\nuser_usec 1\n",
}
USED = Usage(memory_bytes=2_000_000, memory_peak_bytes=5_000_000, cpu_seconds=1.5)


def read(files: dict[str, str], directory: Path) -> Usage | None:
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    return usage(7, "ab", mount=directory / "mount", proc=directory / "proc")


@pytest.mark.parametrize("files", [VERSION_1, VERSION_2])
def test_both_versions_say_the_same(files: dict[str, str], tmp_path: Path) -> None:
    assert read(files, tmp_path) == USED


def test_a_kernel_without_a_peak_says_what_is_charged_now(tmp_path: Path) -> None:
    files = {name: text for name, text in VERSION_2.items() if not name.endswith("memory.peak")}
    used = read(files, tmp_path)
    assert used is not None
    assert used.memory_peak_bytes == 3_000_000


@pytest.mark.parametrize("missing", [*VERSION_1])
def test_what_cannot_be_read_is_not_guessed(missing: str, tmp_path: Path) -> None:
    assert (
        read({name: text for name, text in VERSION_1.items() if name != missing}, tmp_path) is None
    )


@pytest.mark.parametrize("files", [VERSION_1, VERSION_2])
def test_a_process_of_another_container_is_not_asked(files: dict[str, str], tmp_path: Path) -> None:
    others = {name.replace("ab", "cd"): text.replace("ab", "cd") for name, text in files.items()}
    assert read(others, tmp_path) is None


@pytest.mark.parametrize("text", ["", "nonsense", "0::/ab/elsewhere\n"])
def test_nor_is_what_is_not_understood(text: str, tmp_path: Path) -> None:
    assert read({**VERSION_2, "proc/7/cgroup": text}, tmp_path) is None
