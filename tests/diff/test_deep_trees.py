"""Trees that are deeper than a path may be long."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.diff.compare import Options, diff
from harness.diff.trees import Different, compare_trees
from harness.host import far
from harness.store.trees import nar_sha256
from tests.deep import made

_NAME, _DEPTH = "d" * 100, 50


@pytest.fixture(name="trees")
def _trees(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    pair = tmp_path / "first", tmp_path / "second"
    for top in pair:
        top.mkdir()
        made(top, _NAME, _DEPTH)
    yield pair
    for top in pair:
        far.remove(top)


def _written(path: str, text: str) -> None:
    with far.at(path, lambda short: os.fdopen(os.open(short, os.O_CREAT | os.O_WRONLY), "w")) as it:
        it.write(text)


def test_what_differs_at_the_bottom_is_found_and_explained(trees: tuple[Path, Path]) -> None:
    assert compare_trees(*trees) == []
    assert nar_sha256(trees[0]) == nar_sha256(trees[1])
    bottom = "/".join([_NAME] * _DEPTH)
    for top, text in zip(trees, ("first..", "second."), strict=True):
        _written(f"{top}/{bottom}/file", text)
    assert compare_trees(*trees) == [Different(path=f"{bottom}/file", kind="content")]
    assert nar_sha256(trees[0]) != nar_sha256(trees[1])
    levels = diff(str(trees[0]), str(trees[1]), Options()).levels
    assert [level.name for level in levels] == ["tree", "file"]


def test_what_has_another_name_at_the_bottom_is_told_as_renamed(trees: tuple[Path, Path]) -> None:
    bottom = "/".join([_NAME] * _DEPTH)
    for top, name in zip(trees, ("old", "new"), strict=True):
        _written(f"{top}/{bottom}/{name}", "of one content")
    (found,) = compare_trees(*trees)
    assert (found.kind, found.second) == ("renamed", f"{bottom}/new")
    top = trees[1] / _NAME
    top.rename(trees[1] / "other")
    (found,) = compare_trees(*trees)[:1]
    assert (found.kind, found.path) == ("only in the first", _NAME)


def test_a_directory_too_deep_to_be_hashed_does_not_end_a_comparison(tmp_path: Path) -> None:
    for side in ("first", "second"):
        (tmp_path / side / side).mkdir(parents=True)
        made(tmp_path / side / side, "d", 1100)
    found = compare_trees(tmp_path / "first", tmp_path / "second")
    assert {one.kind for one in found} == {"only in the first", "only in the second", "renamed"}
    for side in ("first", "second"):
        far.remove(tmp_path / side)
