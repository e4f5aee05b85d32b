import errno
import multiprocessing
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import ToolError
from harness.host.files import (
    cache_directory,
    existing_parent,
    explained,
    lock,
    state_directory,
    write_atomically,
)


def test_writes_and_replaces(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]


def test_keeps_the_mode_of_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"")
    path.chmod(0o640)
    write_atomically(path, b"x")
    assert path.stat().st_mode & 0o777 == 0o640


def test_gives_a_new_file_what_the_umask_allows(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "a", b"x")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


def test_leaves_the_old_file_when_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ToolError, match=rf"{path}: No space left on device: \d+ MiB free"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_directory_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=f"{tmp_path}: Is a directory"):
        write_atomically(tmp_path, b"x")
    assert list(tmp_path.iterdir()) == []


def test_writes_into_a_pipe_and_leaves_it_there(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_atomically(path, b"x")
        assert os.read(reader, 9) == b"x"
    finally:
        os.close(reader)
    assert path.is_fifo()


def test_a_full_device_is_an_error_and_stays_one(tmp_path: Path) -> None:
    (tmp_path / "full").symlink_to("/dev/full")
    with pytest.raises(ToolError, match="full: No space left on device"):
        write_atomically(tmp_path / "full", b"x")
    assert [path.readlink() for path in tmp_path.iterdir()] == [Path("/dev/full")]


def test_links_of_the_system_are_not_replaced(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        path = Path(f"/proc/self/fd/{file.fileno()}")
        with pytest.raises(ToolError, match=f"{path}: a link of the system's own; name the file"):
            write_atomically(path, b"x")


def test_says_which_directory_must_be_writable(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    with pytest.raises(ToolError, match=f"{path}: .*: make {tmp_path} writable"), explained(path):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))


def test_names_the_missing_directory(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="No such file or directory"):
        write_atomically(tmp_path / "a" / "b", b"")


def test_finds_the_nearest_directory(tmp_path: Path) -> None:
    assert existing_parent(tmp_path / "a" / "b") == tmp_path


def _hold(path: Path, is_held: threading.Event, may_end: threading.Event) -> None:
    with lock(path):
        is_held.set()
        may_end.wait()


def test_a_lock_makes_another_process_wait_and_says_so(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    is_held, may_end = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(tmp_path / "lock", is_held, may_end))
    other.start()
    is_held.wait()
    with lock(tmp_path / "lock", on_wait=may_end.set):
        assert may_end.is_set()
    other.join()
    assert other.exitcode == 0


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    is_held, may_end = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(tmp_path / "lock", is_held, may_end))
    other.start()
    is_held.wait()
    other.kill()
    other.join()
    waited: list[bool] = []
    with lock(tmp_path / "lock", on_wait=lambda: waited.append(True)):
        assert not waited


def test_directories_are_private_and_where_xdg_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "c"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    assert cache_directory() == tmp_path / "c" / "harness"
    assert state_directory() == tmp_path / "s" / "harness"
    assert cache_directory().stat().st_mode & 0o777 == 0o700


def test_a_relative_xdg_directory_is_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_directory() == tmp_path / ".cache" / "harness"


@pytest.mark.parametrize("directory", [cache_directory, state_directory])
def test_a_directory_that_others_may_write_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, directory: Callable[[], Path]
) -> None:
    for variable in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    directory().chmod(0o770)
    with pytest.raises(ToolError, match=r"others may write there.* or choose another by XDG_"):
        directory()
    (tmp_path / "harness").chmod(0o700)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(ToolError, match="belongs to user"):
        directory()
