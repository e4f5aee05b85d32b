from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.diff import renames as module
from harness.diff.renames import renames


def _trees(root: Path, **sides: Mapping[str, str]) -> tuple[Path, Path]:
    for side, files in sides.items():
        (root / side).mkdir()
        for name, text in files.items():
            path = root / side / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return root / "first", root / "second"


def _found(root: Path, first: Mapping[str, str], second: Mapping[str, str]) -> dict[str, str]:
    ours, theirs = _trees(root, first=first, second=second)
    tops = [sorted({name.split("/")[0] for name in side}) for side in (first, second)]
    gone = [name for name in tops[0] if name not in tops[1]]
    come = [name for name in tops[1] if name not in tops[0]]
    return dict(renames(ours, theirs, gone, come))


def test_a_file_of_the_same_bytes_is_the_same_file_renamed(tmp_path: Path) -> None:
    found = _found(tmp_path, {"a": "one", "b": "two", "c": "abc"}, {"x": "two", "y": "one!"})
    assert found == {"b": "x"}


def test_directories_are_paired_as_wholes_before_the_files_in_them(tmp_path: Path) -> None:
    found = _found(tmp_path, {"d/1": "a", "d/2": "b", "e": "c"}, {"n/1": "a", "n/2": "b", "o": "c"})
    assert found == {"d": "n", "e": "o"}


def test_a_file_that_left_its_directory_is_found(tmp_path: Path) -> None:
    assert _found(tmp_path, {"d/1": "a", "d/2": "b"}, {"n/1": "a", "n/3": "other"}) == {
        "d/1": "n/1"
    }


def test_empty_files_and_links_are_paired_with_none(tmp_path: Path) -> None:
    ours, theirs = _trees(tmp_path, first={"a": ""}, second={"b": ""})
    (ours / "link").symlink_to("x")
    (theirs / "knil").symlink_to("x")
    assert renames(ours, theirs, ["a", "link"], ["b", "knil"]) == []


def test_above_the_bound_nothing_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST", 1)
    assert _found(tmp_path, {"a": "1", "b": "2"}, {"x": "1", "y": "2"}) == {}
