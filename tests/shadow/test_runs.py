import gzip
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.errors import InputError, ToolError
from harness.host import process
from harness.shadow import runs
from harness.shadow.core.events import Event, Unexercised
from tests.shadow.core.simulated import ASKED

NOW = datetime(2026, 1, 2, 3, 4, 5, 6, UTC)
EVENTS: list[Event] = [Unexercised(what=f"part {number}") for number in range(200)]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run that was written to its end."""
    directory = runs.new_directory(tmp_path / "runs", NOW)
    with runs.log(directory, ASKED) as log:
        for event in EVENTS:
            log.add(event)
    return directory


def test_a_run_is_read_as_it_was_written(run: Path) -> None:
    assert runs.asked(run) == ASKED
    assert list(runs.events(run)) == EVENTS


def test_a_run_is_for_its_owner_alone_and_never_overwritten(run: Path) -> None:
    assert stat.S_IMODE(run.stat().st_mode) == 0o700
    assert run.name == "20260102T030405.000006Z"
    with pytest.raises(ToolError, match="exists"):
        runs.new_directory(run.parent, NOW)


def test_a_run_does_not_lie_among_tracked_sources(tmp_path: Path) -> None:
    process.check(["git", "init", "-q"], cwd=tmp_path)
    with pytest.raises(InputError, match="does not belong among tracked sources"):
        runs.new_directory(tmp_path / "runs", NOW)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("left", [0, 20, 50, 300])
def test_a_log_without_its_end_gives_what_is_whole(run: Path, left: int) -> None:
    path = run / runs.EVENTS
    path.write_bytes(path.read_bytes()[:left])
    found = list(runs.events(run))
    assert found == EVENTS[: len(found)]


def test_a_killed_run_has_on_disk_what_was_flushed(tmp_path: Path) -> None:
    directory = runs.new_directory(tmp_path, NOW)
    with runs.log(directory, ASKED) as log:
        for event in EVENTS[:150]:
            log.add(event)
        assert len(list(runs.events(directory))) == 128


def test_damage_is_told_from_a_missing_end(run: Path) -> None:
    path = run / runs.EVENTS
    data = bytearray(path.read_bytes())
    data[0] ^= 255
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"damaged after line 0"):
        list(runs.events(run))


def test_another_line_is_named(run: Path) -> None:
    path = run / runs.EVENTS
    path.write_bytes(gzip.compress(b"nonsense\n"))
    with pytest.raises(InputError, match="line 1: not an event"):
        list(runs.events(run))


def test_a_directory_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"not the directory of a run: it has no run\.json"):
        runs.asked(tmp_path)
    with pytest.raises(InputError, match="was killed before it began"):
        list(runs.events(tmp_path))
    (tmp_path / runs.RUN).write_bytes(b" " * 2**24)
    with pytest.raises(InputError, match="more than"):
        runs.asked(tmp_path)


def test_the_packages_of_images_are_kept(run: Path) -> None:
    assert runs.packages(run) == {}
    images = {"sha256:1": {("python", "numpy"): "2.1"}, "sha256:2": {}}
    runs.keep_packages(run, images)
    assert runs.packages(run) == images


def test_only_a_run_that_was_made_here_is_known_and_only_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    own, others = tmp_path / "own", tmp_path / "others"
    for directory in (own, others):
        directory.mkdir()
        (directory / runs.RUN).write_bytes(b"{}")
    (own / runs.EVENTS).write_bytes(b"events")
    runs.vouch(own)
    assert runs.is_vouched(own)
    assert not runs.is_vouched(others)
    (own / runs.EVENTS).write_bytes(b"others")
    assert not runs.is_vouched(own)
    (tmp_path / "state/harness").chmod(0o777)
    runs.vouch(others)
    assert not runs.is_vouched(others)
