import os
import stat
import tempfile
from pathlib import Path

import pytest

from harness.errors import ToolError
from harness.host import scratch
from harness.host.files import notes_directory


@pytest.fixture(autouse=True)
def _private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_a_directory_is_for_this_user_alone_noted_and_gone_at_the_end(tmp_path: Path) -> None:
    with scratch.scratch() as directory:
        assert directory.parent == tmp_path
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        (note,) = notes_directory().glob("*/*.json")
        assert str(directory) in note.read_text()
    assert not directory.exists()
    assert not list(notes_directory().glob("*/*.json"))


def test_what_is_read_only_or_a_link_goes_too_and_links_are_not_followed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("kept")
    with scratch.scratch() as directory:
        closed = directory / "closed"
        closed.mkdir()
        (closed / "file").touch()
        (closed / "link").symlink_to(kept)
        (directory / "up").symlink_to(tmp_path)
        closed.chmod(0o500)
    assert not directory.exists()
    assert kept.read_text() == "kept"


def test_an_error_in_the_block_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), scratch.scratch():
        raise ZeroDivisionError
    assert [name for name in os.listdir(tmp_path) if name.startswith(scratch.PREFIX)] == []


def test_a_place_that_is_not_there_is_a_tool_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(ToolError, match="gone"), scratch.scratch():
        pass
