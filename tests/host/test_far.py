import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.host import far, scratch
from harness.project import workspace
from tests.deep import made

_LONG = 100
"""Directories of names of a hundred letters: more than two paths' lengths."""
_DEEP = 1100
"""More than Python's functions may call themselves."""


@pytest.fixture(name="top")
def _top(tmp_path: Path) -> Iterator[Path]:
    """Return a directory below which anything may be left."""
    top = tmp_path / "top"
    top.mkdir()
    yield top
    if top.exists():
        far.remove(top)


def test_what_lies_too_deep_for_a_path_is_reached(top: Path) -> None:
    path = made(top, "d" * 100, _LONG)
    with pytest.raises(OSError, match="too long"):
        os.lstat(path)
    assert far.at(path, os.lstat).st_size == len(b"content")
    with far.at(path, open) as file:
        assert file.read() == "content"
    with pytest.raises(FileNotFoundError) as found:
        far.at(path + "x", os.lstat)
    assert found.value.filename == path + "x"
    with pytest.raises(NotADirectoryError):
        far.at(f"{path}/{'x' * 100}/y", os.lstat)


def test_a_relative_path_is_reached_too(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(top, "d" * 100, _LONG)
    monkeypatch.chdir(top)
    assert far.at(os.path.relpath(path, top), os.lstat).st_size == len(b"content")


@pytest.mark.parametrize(("name", "depth"), [("d" * 100, _LONG), ("d", _DEEP)])
def test_a_tree_of_any_depth_is_walked_and_removed(top: Path, name: str, depth: int) -> None:
    path = made(top, name, depth)
    found = {whole: below for whole, below, _ in far.walked(top)}
    assert len(found) == depth + 2
    assert found[path] == path.removeprefix(f"{top}/")
    far.remove(top)
    assert not top.exists()


def test_what_is_read_only_is_removed_and_no_link_followed(top: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    (top / "a/b").mkdir(parents=True)
    (top / "a/link").symlink_to(tmp_path)
    (top / "a/b/file").touch()
    (top / "a/b").chmod(0o500)
    (top / "a").chmod(0o500)
    far.remove(top)
    assert not top.exists()
    assert (tmp_path / "mine").read_text() == "precious"
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(OSError, match="link"):
        far.remove(tmp_path / "link")


def test_what_cannot_be_removed_stays_alone(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a/kept", "a/b/c", "d"):
        (top / name).mkdir(parents=True)
    (top / "a/b/file").touch()
    known = os.rmdir

    def rmdir(name: str, *, dir_fd: int | None = None) -> None:
        if os.stat(name, dir_fd=dir_fd).st_ino == number:
            raise PermissionError
        known(name, dir_fd=dir_fd)

    number = (top / "a/kept").stat().st_ino
    with monkeypatch.context() as patch:
        patch.setattr(os, "rmdir", rmdir)
        far.remove(top, lenient=True)
        assert [one.relative_to(top) for one in top.rglob("*")] == [Path("a"), Path("a/kept")]
        with pytest.raises(PermissionError):
            far.remove(top)


def test_no_temporary_or_kept_directory_is_too_deep_to_be_removed(tmp_path: Path) -> None:
    with scratch.scratch() as directory:
        made(directory, "d", _DEEP)
    assert not directory.exists()
    (tmp_path / ".harness/roots").mkdir(parents=True)
    made(tmp_path / ".harness/roots", "d", _DEEP)
    workspace.remove(tmp_path / ".harness/roots")
    assert not (tmp_path / ".harness/roots").exists()
