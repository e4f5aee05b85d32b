import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.flows.tree_diff import compare_trees

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
    assert len(found) == len(said.stdout.splitlines())


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
