"""What a process that was killed had begun, looked for and removed by another."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from harness.doctor.left import Left, clean, find
from harness.host import remains
from harness.host.files import Kind, noted, state_directory, write_atomically
from harness.host.owner import own_name
from harness.host.scratch import scratch
from tests.children import started

_BUSY = """
import subprocess, sys, time
from pathlib import Path
from harness.host.files import Kind, noted, replacing
from harness.host.remains import marked
from harness.host.scratch import scratch

store = noted(Kind.STORE, "/nix/store/x.check")
with scratch() as top, replacing(Path(sys.argv[1])) as file, store:
    (top / "deep/er").mkdir(parents=True)
    (top / "deep").chmod(0o555)
    file.write(b"half")
    argv = ["sleep", "600"]
    child = subprocess.Popen(argv, env=marked({"PATH": "/bin:/usr/bin"}), start_new_session=True)
    print(top, child.pid, flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


@pytest.fixture(name="killed")
def _killed(tmp_path: Path) -> tuple[Path, int]:
    """Return the temporary directory and the child of a process that was killed."""
    (tmp_path / "target").write_bytes(b"whole")
    argv = [sys.executable, "-c", _BUSY, str(tmp_path / "target")]
    with started(argv, stdout=subprocess.PIPE) as running:
        assert running.stdout
        top, child = running.stdout.readline().split()
        assert find() == [], "its owner lives"
        assert clean() == []
        running.send_signal(signal.SIGKILL)
        running.wait(30)
    return Path(top), int(child)


def _runs(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_all_that_it_had_begun_is_found_and_removed(
    killed: tuple[Path, int], tmp_path: Path
) -> None:
    top, child = killed
    (new,) = tmp_path.glob(".target.*.new")
    # The process may be ended by any other run of this user, the rest is known here alone.
    ended = Left(kind="process", name=f"{child} (sleep 600)")
    expected = {Left(kind="directory", name=str(top)), Left(kind="file", name=str(new))}
    assert {*find()} - {ended} == expected
    assert {*clean()} - {ended} == expected
    assert not top.exists()
    assert not new.exists()
    assert not _runs(child)
    assert (tmp_path / "target").read_bytes() == b"whole"
    assert find() == []
    assert list((state_directory() / "begun").iterdir()) == []


def test_what_has_another_name_by_now_is_not_touched(
    killed: tuple[Path, int], tmp_path: Path
) -> None:
    (victim := tmp_path / "victim").mkdir()
    (victim / "file").touch()
    link = tmp_path / "harness-0123456789abcdef"
    link.symlink_to(victim)
    owner = remains.owners()[0]
    for number, name in enumerate([str(victim), str(victim / "file"), str(link), "", "/"]):
        text = json.dumps({"kind": "directory", "names": [name]})
        (owner / f"x{number}.json").write_text(text)
    (owner / "y.json").write_text('{"kind": "unknown", "names": []}')
    (owner / "z.json").touch()
    assert {one.kind for one in clean()} >= {"directory", "file"}
    assert (victim / "file").exists()
    assert link.is_symlink()
    assert killed


def test_what_was_finished_is_noted_no_more(tmp_path: Path) -> None:
    with scratch() as top, noted(Kind.STORE, "/nix/store/x.check"):
        write_atomically(tmp_path / "a", b"x")
        own = state_directory() / "begun" / own_name()
        assert len(list(own.iterdir())) == 2
    assert list(own.iterdir()) == []
    assert not top.exists()


def test_without_a_state_directory_there_are_no_notes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with scratch() as top:
        assert top.is_dir()
    assert not top.exists()
    assert find() == []


def test_links_in_a_temporary_directory_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim/file").touch()
    with scratch() as top:
        os.symlink(tmp_path / "victim", top / "link")
    assert (tmp_path / "victim/file").exists()
    assert not top.exists()


class _Images:
    """An engine that has images without names, and no containers."""

    def __init__(self, *images: str) -> None:
        self.images = {*images}

    def left_over(self) -> list[str]:
        return []

    remove_left_over = left_over

    def has_nameless(self, image: str) -> bool:
        return image in self.images

    def remove_image(self, image: str) -> None:
        self.images.remove(image)


def test_an_image_that_was_loaded_for_a_while_waits_for_an_engine() -> None:
    text = (
        "import os, signal\n"
        "from harness.host.files import Kind, noted\n"
        "with noted(Kind.IMAGE, 'sha256:1', 'sha256:2'):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", text], check=False, timeout=60)
    images = _Images("sha256:1", "sha256:3")
    engine: Any = images
    assert find() == []
    assert clean() == []
    expected = [Left(kind="image", name="sha256:1")]
    assert find(engine) == expected
    assert clean(engine) == expected
    assert images.images == {"sha256:3"}
    assert remains.owners() == []


def test_several_who_clean_at_once_do_not_disturb_each_other(
    killed: tuple[Path, int], tmp_path: Path
) -> None:
    owner = remains.owners()[0]
    for number in range(50):
        (top := tmp_path / f"harness-{number:016x}").mkdir()
        text = json.dumps({"kind": "directory", "names": [str(top)]})
        (owner / f"x{number}.json").write_text(text)
    with ThreadPoolExecutor(4) as pool:
        removed = [pool.submit(clean) for _ in range(4)]
        assert all(isinstance(one.result(60), list) for one in removed)
    assert list(tmp_path.glob("harness-*")) == []
    assert remains.owners() == []
    assert killed
