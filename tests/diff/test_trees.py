import os
import socket
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.diff.trees import Different, compare_trees

_NAMES = st.sampled_from(["a", "b", "c"])
_TREES = st.recursive(
    st.binary(max_size=3), lambda below: st.dictionaries(_NAMES, below, max_size=3), max_leaves=8
)


def write(root: Path, tree: bytes | dict[str, object]) -> None:
    if isinstance(tree, bytes):
        root.write_bytes(tree)
        return
    root.mkdir()
    for name, below in tree.items():
        assert isinstance(below, bytes | dict)
        write(root / name, below)


@given(one=st.dictionaries(_NAMES, _TREES), other=st.dictionaries(_NAMES, _TREES))
@settings(max_examples=60)
def test_finds_a_difference_exactly_where_diff_does(
    tmp_path_factory: pytest.TempPathFactory,
    one: dict[str, object],
    other: dict[str, object],
) -> None:
    directory = tmp_path_factory.mktemp("trees")
    write(directory / "one", one)
    write(directory / "other", other)
    found = compare_trees(directory / "one", directory / "other")
    said = subprocess.run(
        ["diff", "-r", "--brief", "one", "other"],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )
    assert bool(found) == (said.returncode == 1)
    assert _told_apart(found) == len(said.stdout.splitlines())


def _told_apart(found: list[Different]) -> int:
    """Count differences as if no name had changed: what is renamed is one on each side."""
    rest = [one for one in found if one.kind != "renamed"]
    gone, come = (
        [one.path for one in rest if one.kind == f"only in the {side}"]
        for side in ("first", "second")
    )
    sides = [(one.first, gone) for one in found if one.kind == "renamed"]
    sides += [(one.second, come) for one in found if one.kind == "renamed"]
    told = [path for path, above in sides if not any(path.startswith(f"{it}/") for it in above)]
    return len(rest) + len(told)


def test_modes_links_and_types(tmp_path: Path) -> None:
    for side in ("one", "other"):
        (tmp_path / side).mkdir()
        (tmp_path / side / "script").write_text("same")
        (tmp_path / side / "link").symlink_to(side)
    (tmp_path / "other" / "script").chmod(0o755)
    (tmp_path / "one" / "kind").mkdir()
    (tmp_path / "other" / "kind").write_text("")
    found = {(d.path, d.kind): (d.first, d.second) for d in compare_trees(*_sides(tmp_path))}
    assert found == {
        ("kind", "type"): ("directory", "file"),
        ("link", "target"): ("one", "other"),
        ("script", "mode"): ("644", "755"),
    }


def test_one_file_under_two_names_is_not_read(tmp_path: Path) -> None:
    for side in ("one", "other"):
        (tmp_path / side).mkdir()
    (tmp_path / "one" / "a").write_text("secret")
    os.link(tmp_path / "one" / "a", tmp_path / "other" / "a")
    assert compare_trees(*_sides(tmp_path)) == []


def test_large_files_are_compared_to_their_end(tmp_path: Path) -> None:
    content = bytearray(5 * 2**20)
    for side in ("one", "other"):
        (tmp_path / side).write_bytes(content)
        content[-1] = 1
    assert [one.path for one in compare_trees(*_sides(tmp_path))] == ["."]


def _sides(directory: Path) -> tuple[Path, Path]:
    return directory / "one", directory / "other"


def test_what_has_another_name_is_one_difference(tmp_path: Path) -> None:
    one, other = _sides(tmp_path)
    for side, script, directory in ((one, "main-abc.js", "old"), (other, "main-def.js", "new")):
        (side / directory / "deep").mkdir(parents=True)
        (side / directory / "deep" / "file").write_text("same")
        (side / directory / "link").symlink_to("deep/file")
        (side / script).write_bytes(b"script" * 1000)
        (side / f"empty-{directory}").write_text("")
    assert {(d.kind, d.first, d.second) for d in compare_trees(one, other)} == {
        ("renamed", "main-abc.js", "main-def.js"),
        ("renamed", "old", "new"),
        ("only in the first", "", ""),
        ("only in the second", "", ""),
    }


def test_a_file_that_left_a_directory_is_told_beside_it(tmp_path: Path) -> None:
    one, other = _sides(tmp_path)
    (one / "package").mkdir(parents=True)
    (one / "package" / "module.py").write_text("x = 1\n")
    (one / "package" / "rest.py").write_text("rest\n")
    other.mkdir()
    (other / "module.py").write_text("x = 1\n")
    assert {(d.path, d.kind, d.second) for d in compare_trees(one, other)} == {
        ("package", "only in the first", ""),
        ("package/module.py", "renamed", "module.py"),
    }


def test_the_most_alike_of_several_names_is_taken(tmp_path: Path) -> None:
    one, other = _sides(tmp_path)
    for side, names in ((one, ("a/1.txt", "b/2.txt")), (other, ("x/2.txt", "y/1.txt"))):
        for name in names:
            (side / name).parent.mkdir(parents=True)
            (side / name).write_text("licence")
            (side / name).with_suffix(".own").write_text(f"{side}{name}")
    renamed = {(d.first, d.second) for d in compare_trees(one, other) if d.kind == "renamed"}
    assert renamed == {("a/1.txt", "y/1.txt"), ("b/2.txt", "x/2.txt")}


@pytest.mark.parametrize("kind", ["fifo", "socket", "character device", "block device"])
def test_special_files_are_told_from_files_and_each_other(tmp_path: Path, kind: str) -> None:
    one, other = _sides(tmp_path)
    one.mkdir()
    other.mkdir()
    _make(one / "it", kind, 7)
    _make(other / "it", kind, 7)
    assert compare_trees(one, other) == []
    (other / "it").unlink()
    (other / "it").write_text("")
    (found,) = compare_trees(one, other)
    assert (found.kind, found.first, found.second) == ("type", kind, "file")
    (found,) = compare_trees(one / "it", other / "it")
    assert (found.path, found.kind) == (".", "type")


def test_devices_are_told_by_their_numbers(tmp_path: Path) -> None:
    _make(tmp_path / "one", "character device", 3)
    _make(tmp_path / "other", "character device", 5)
    (found,) = compare_trees(tmp_path / "one", tmp_path / "other")
    assert (found.kind, found.first, found.second) == ("device", "1:3", "1:5")


def _make(path: Path, kind: str, minor: int) -> None:
    if kind == "socket":
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(str(path))
        return
    types = {"fifo": stat.S_IFIFO, "character device": stat.S_IFCHR, "block device": stat.S_IFBLK}
    os.mknod(path, types[kind] | 0o600, os.makedev(1, minor) if kind != "fifo" else 0)
