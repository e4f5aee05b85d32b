import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.host import remains
from harness.host.files import Kind, noted, notes_directory

_GONE = """
import os, sys, time
from harness.host.files import Kind, noted
with noted(Kind.DIRECTORY, sys.argv[1]):
    os._exit(0)
"""


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def _killed_run(name: str) -> None:
    subprocess.run([sys.executable, "-c", _GONE, name], check=True, timeout=60)


def _ours(directory: Path) -> Path:
    path = directory / f"harness-{'0' * 16}"
    path.mkdir()
    return path


def test_only_those_who_are_gone_have_left_something(tmp_path: Path) -> None:
    with noted(Kind.FILE, "mine"):
        assert remains.owners() == []
        assert remains.notes() == []
        _killed_run(str(tmp_path / "theirs"))
        (note,) = remains.notes()
        assert (note.kind, note.names) == (Kind.DIRECTORY, (str(tmp_path / "theirs"),))
        assert 0 <= remains.age(note) < 60
        note.file.unlink()
        assert remains.age(note) == 0
        (owner,) = remains.owners()
        remains.forget(owner)
        assert remains.owners() == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"kind": "else", "names": []}'])
def test_what_is_no_note_is_passed_over(tmp_path: Path, text: str) -> None:
    _killed_run("x")
    (note,) = remains.notes()
    note.file.write_text(text)
    assert remains.notes() == []
    assert str(notes_directory()).startswith(str(tmp_path))


def test_only_what_can_be_ours_is_removed(tmp_path: Path) -> None:
    ours, file = _ours(tmp_path), tmp_path / f".env.toml.{'0' * 12}.new"
    (ours / "sub").mkdir()
    file.touch()
    foreign = [tmp_path / "harness-0", tmp_path / "env.toml"]
    foreign[0].mkdir()
    foreign[1].touch()
    link = tmp_path / f"harness-{'1' * 16}"
    link.symlink_to(foreign[0])
    for path in (ours, file, *foreign, link):
        remains.remove(str(path))
    assert not ours.exists()
    assert not file.exists()
    assert all(path.exists() for path in (*foreign, link))
    assert remains.is_possible(str(ours))
    assert not remains.is_possible("harness-0")


def test_a_program_of_an_owner_who_is_gone_is_ended_and_no_other() -> None:
    _killed_run("x")
    (owner,) = remains.owners()
    argv = [sys.executable, "-c", "import time; time.sleep(60)"]
    mine = subprocess.Popen(argv, env=remains.marked(os.environ))
    theirs = subprocess.Popen(argv, env={**os.environ, remains.MARK: owner.name})
    try:
        until = time.monotonic() + 30
        while theirs.pid not in [one.number for one in remains.orphans(())]:
            assert time.monotonic() < until
            time.sleep(0.02)
        assert mine.pid not in [one.number for one in remains.orphans(())]
        ended = {one.number: one.command for one in remains.end(())}
        assert "time.sleep" in ended[theirs.pid]
        assert theirs.wait(30) == -15
        assert mine.poll() is None
    finally:
        for process in (mine, theirs):
            process.kill()
            process.wait(30)


def test_notes_say_the_last_first(tmp_path: Path) -> None:
    for name in ("first", "second"):
        _killed_run(name)
    files = {one.names[0]: one.file for one in remains.notes()}
    os.utime(files["first"], (1, 1))
    assert [one.names for one in remains.notes()] == [("second",), ("first",)]
    assert json.loads(files["first"].read_text())["kind"] == "directory"
    assert files["first"].is_relative_to(tmp_path)
