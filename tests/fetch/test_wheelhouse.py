import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import InputError, ToolError
from harness.fetch import LOCK_NAME
from harness.fetch.wheelhouse import fill
from harness.lock.core.pylock import decode_lock
from tests.locked_environments import SYSTEM, LockedEnvironment, locked_environment


@pytest.fixture
def locked(tmp_path: Path) -> LockedEnvironment:
    return locked_environment(tmp_path)


def _wheels(house: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(house.glob("*.whl")):
        yield path.name, hashlib.sha256(path.read_bytes()).hexdigest()


def test_it_holds_the_locks_wheels_and_a_lock_that_names_them_by_file(
    locked: LockedEnvironment, tmp_path: Path
) -> None:
    house = tmp_path / "new/house"
    assert fill(house, locked.lock, SYSTEM, store=locked.store) == 3
    wheels = [package.wheels[0] for package in locked.lock.packages]
    assert list(_wheels(house)) == [(wheel.file, wheel.sha256) for wheel in wheels]
    text = (house / LOCK_NAME).read_bytes()
    assert [one.wheels[0].url for one in decode_lock(text, "").packages] == [None] * 3


def test_what_is_there_is_left_and_what_is_missing_comes_back(
    locked: LockedEnvironment, tmp_path: Path
) -> None:
    fill(tmp_path, locked.lock, SYSTEM, store=locked.store)
    (tmp_path / "notes.txt").write_text("mine")
    first, second, _ = sorted(tmp_path.glob("*.whl"))
    before = first.stat().st_mtime_ns
    second.unlink()
    assert fill(tmp_path, locked.lock, SYSTEM, store=locked.store) == 3
    assert second.exists()
    assert first.stat().st_mtime_ns == before
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("name", [LOCK_NAME, "p1-1-py3-none-any.whl"])
def test_another_file_under_one_of_the_names_is_not_touched(
    locked: LockedEnvironment, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(InputError, match="another file is there"):
        fill(tmp_path, locked.lock, SYSTEM, store=locked.store)
    assert (tmp_path / name).read_text() == "mine"
    assert not (tmp_path / "p0-1-py3-none-any.whl").exists()


def test_a_wheel_that_the_store_lost_is_told(locked: LockedEnvironment, tmp_path: Path) -> None:
    locked.store.lose(locked.inputs[-1])
    with pytest.raises(ToolError, match="p2-1-py3-none-any"):
        fill(tmp_path / "house", locked.lock, SYSTEM, store=locked.store)
