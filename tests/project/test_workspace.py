import os
from pathlib import Path

import pytest

from harness.errors import InputError, ToolError
from harness.project import workspace

STORED = "/nix/store/" + "0" * 32 + "-a"


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A directory outside of the repository, with links, a directory and a file."""
    victim = tmp_path / "victim"
    (victim / "below").mkdir(parents=True)
    (victim / "file").write_bytes(b"precious")
    (victim / "root").symlink_to(STORED)
    return victim


def seen(directory: Path) -> set[str]:
    return {os.path.relpath(path, directory) for path in directory.rglob("*")}


@pytest.mark.parametrize("at", [".harness", ".harness/roots", ".harness/roots/x"])
def test_no_directory_from_dot_harness_on_is_reached_through_a_link(
    tmp_path: Path, victim: Path, at: str
) -> None:
    link = tmp_path / "repository" / at
    link.parent.mkdir(parents=True)
    link.symlink_to(victim)
    before = seen(victim)
    path = tmp_path / "repository/.harness/roots/x/below/file"
    refused = pytest.raises(InputError, match=rf"{at}: a link, and harness keeps nothing behind")
    with refused:
        workspace.directory(path)
    with refused:
        workspace.place(path)
    with refused:
        workspace.remove(path)
    with refused:
        workspace.release(path)
    assert seen(victim) == before
    assert (victim / "file").read_bytes() == b"precious"


def test_what_is_behind_a_link_is_not_listed_either(tmp_path: Path, victim: Path) -> None:
    (tmp_path / ".harness").symlink_to(victim)
    with pytest.raises(InputError, match="a link"):
        workspace.directories(tmp_path / ".harness")
    with pytest.raises(InputError, match="a link"):
        workspace.roots(tmp_path / ".harness")


def test_a_file_in_the_way_is_said(tmp_path: Path) -> None:
    (tmp_path / ".harness").touch()
    with pytest.raises(InputError, match=r"\.harness: no directory"):
        workspace.directory(tmp_path / ".harness/roots")


def test_links_above_dot_harness_are_the_users(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert workspace.directory(tmp_path / "link/.harness/a").is_dir()
    assert (tmp_path / "real/.harness/a").is_dir()


def test_other_paths_are_taken_as_they_are(tmp_path: Path, victim: Path) -> None:
    (tmp_path / "link").symlink_to(victim)
    assert workspace.directory(tmp_path / "link/new/deep").is_dir()
    assert workspace.place(tmp_path / "link/root").is_symlink()


def test_only_links_into_the_store_are_roots_and_are_released(tmp_path: Path) -> None:
    directory = workspace.directory(tmp_path / ".harness/roots")
    targets = {"in": STORED, "out": "/usr/bin", "sly": f"{STORED}/../../../usr", "store": "x"}
    for name, target in targets.items():
        (directory / name).symlink_to(target)
        workspace.release(directory / name)
    workspace.release(directory / "missing")
    assert {path.name for path in directory.iterdir()} == {"out", "sly", "store"}
    (directory / "in").symlink_to(STORED)
    assert workspace.roots(directory) == {"in": STORED}


def test_a_link_is_not_written_through(tmp_path: Path, victim: Path) -> None:
    directory = workspace.directory(tmp_path / ".harness/statements")
    (directory / "a").symlink_to(victim / "file")
    with pytest.raises(InputError, match="a: a link, and harness writes through none"):
        workspace.place(directory / "a")
    assert workspace.place(directory / "b") == directory / "b"


def test_a_tree_is_removed_also_where_it_is_read_only_and_links_in_it_are_not_followed(
    tmp_path: Path, victim: Path
) -> None:
    tree = workspace.directory(tmp_path / ".harness/a/b")
    (tree / "link").symlink_to(victim)
    tree.chmod(0o555)
    workspace.remove(tmp_path / ".harness/a")
    workspace.remove(tmp_path / ".harness/a")
    assert not (tmp_path / ".harness/a").exists()
    assert (victim / "file").exists()
    (tmp_path / ".harness/link").symlink_to(victim)
    workspace.remove(tmp_path / ".harness/link")
    assert seen(tmp_path / ".harness") == set()
    assert (victim / "file").exists()


def test_lists_directories_but_no_links_to_some(tmp_path: Path, victim: Path) -> None:
    directory = workspace.directory(tmp_path / ".harness/a")
    (directory / "link").symlink_to(victim)
    (directory / "own").mkdir()
    (directory / "file").touch()
    assert workspace.directories(directory) == [directory / "own"]
    assert workspace.directories(directory / "missing") == []
    assert workspace.roots(directory / "missing") == {}


def test_a_directory_that_is_not_there_is_said(tmp_path: Path) -> None:
    with (
        pytest.raises(ToolError, match="No such file"),
        workspace.opened(tmp_path / ".harness/missing"),
    ):
        pass
