import os
import socket
from pathlib import Path

import pytest

from harness.errors import InputError
from harness.host import foreign


def test_returns_what_a_file_holds_also_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 10)
    (tmp_path / "b").symlink_to("a")
    assert foreign.read(tmp_path / "b", "b", most=10) == b"x" * 10
    with foreign.opened(tmp_path / "a", "a") as file:
        assert file.read(3) == b"xxx"
    foreign.require(tmp_path / "b", "b")


def _pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_pipe, "a pipe, where a file is needed"),
        (Path.mkdir, "a directory, where a file is needed"),
        (lambda path: path.symlink_to("/dev/zero"), "a device, where a file is needed"),
        (lambda path: path.symlink_to("file"), "Too many levels of symbolic links"),
        (lambda path: path.symlink_to("missing"), "No such file or directory"),
        (lambda path: path.symlink_to("/dev/null/x"), "Not a directory"),
        (lambda path: path.symlink_to("y" * 300), "File name too long"),
    ],
)
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, make: object, said: str) -> None:
    assert callable(make)
    make(tmp_path / "file")
    for use in (foreign.read, foreign.require):
        with pytest.raises(InputError, match=f"^env.toml: {said}$"):
            use(tmp_path / "file", "env.toml")


def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        with pytest.raises(InputError, match=r"^s: a socket, where a file is needed$"):
            foreign.read(Path("socket"), "s")


def test_a_file_without_end_is_refused_after_what_is_bounded(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(2**40)
    for use in (foreign.read, foreign.require):
        with pytest.raises(InputError, match=r"^large: more than 33554432 bytes$"):
            use(tmp_path / "large", "large")
