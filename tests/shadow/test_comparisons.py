import gzip
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.errors import InputError, ToolError
from harness.host import process
from harness.shadow import comparisons
from harness.shadow.core.events import Event, Unexercised
from tests.shadow.core.simulated import ASKED

NOW = datetime(2026, 1, 2, 3, 4, 5, 6, UTC)
EVENTS: list[Event] = [Unexercised(what=f"part {number}") for number in range(200)]


@pytest.fixture
def comparison(tmp_path: Path) -> Path:
    """A comparison that was written to its end."""
    directory = comparisons.new_directory(tmp_path / "comparisons", NOW)
    with comparisons.log(directory, ASKED) as log:
        for event in EVENTS:
            log.add(event)
    return directory


def test_a_comparison_is_read_as_it_was_written(comparison: Path) -> None:
    assert comparisons.asked(comparison) == ASKED
    assert list(comparisons.events(comparison)) == EVENTS


def test_a_comparison_is_for_its_owner_alone_and_never_overwritten(comparison: Path) -> None:
    assert stat.S_IMODE(comparison.stat().st_mode) == 0o700
    assert comparison.name == "20260102T030405.000006Z"
    with pytest.raises(ToolError, match="exists"):
        comparisons.new_directory(comparison.parent, NOW)


def test_a_comparison_does_not_lie_among_tracked_sources(tmp_path: Path) -> None:
    process.check(["git", "init", "-q"], cwd=tmp_path)
    with pytest.raises(InputError, match="does not belong among tracked sources"):
        comparisons.new_directory(tmp_path / "comparisons", NOW)
    assert not (tmp_path / "comparisons").exists()


@pytest.mark.parametrize("left", [0, 20, 50, 300])
def test_a_log_without_its_end_gives_what_is_whole(comparison: Path, left: int) -> None:
    path = comparison / comparisons.EVENTS
    path.write_bytes(path.read_bytes()[:left])
    found = list(comparisons.events(comparison))
    assert found == EVENTS[: len(found)]


def test_a_killed_run_has_on_disk_what_was_flushed(tmp_path: Path) -> None:
    directory = comparisons.new_directory(tmp_path, NOW)
    with comparisons.log(directory, ASKED) as log:
        for event in EVENTS[:150]:
            log.add(event)
        assert len(list(comparisons.events(directory))) == 128


def test_damage_is_told_from_a_missing_end(comparison: Path) -> None:
    path = comparison / comparisons.EVENTS
    data = bytearray(path.read_bytes())
    data[0] ^= 255
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"damaged after line 0"):
        list(comparisons.events(comparison))


def test_another_line_is_named(comparison: Path) -> None:
    path = comparison / comparisons.EVENTS
    path.write_bytes(gzip.compress(b"nonsense\n"))
    with pytest.raises(InputError, match="line 1: not an event"):
        list(comparisons.events(comparison))


def test_a_directory_that_is_no_comparison_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"not the directory of a comparison: it has no comparison\.json"
    ):
        comparisons.asked(tmp_path)
    with pytest.raises(InputError, match="was killed before it began"):
        list(comparisons.events(tmp_path))
    (tmp_path / comparisons.COMPARISON).write_bytes(b" " * 2**24)
    with pytest.raises(InputError, match="more than"):
        comparisons.asked(tmp_path)


def test_the_packages_of_images_are_kept(comparison: Path) -> None:
    assert comparisons.packages(comparison) == {}
    images = {"sha256:1": {("python", "numpy"): "2.1"}, "sha256:2": {}}
    comparisons.keep_packages(comparison, images)
    assert comparisons.packages(comparison) == images


def test_only_a_comparison_that_was_made_here_is_known_and_only_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    own, others = tmp_path / "own", tmp_path / "others"
    for directory in (own, others):
        directory.mkdir()
        (directory / comparisons.COMPARISON).write_bytes(b"{}")
    (own / comparisons.EVENTS).write_bytes(b"events")
    comparisons.vouch(own)
    assert comparisons.is_vouched(own)
    assert not comparisons.is_vouched(others)
    (own / comparisons.EVENTS).write_bytes(b"others")
    assert not comparisons.is_vouched(own)
    (tmp_path / "state/harness").chmod(0o777)
    comparisons.vouch(others)
    assert not comparisons.is_vouched(others)
