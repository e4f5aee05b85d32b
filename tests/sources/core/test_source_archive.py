"""An sdist that is packed of a tree, read back by the standard library."""

import gzip
import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InputError
from harness.sources.core.source_archive import packed, stated_version
from harness.store.core.nar import Directory, Node, Regular, Symlink


def _file(content: bytes, *, executable: bool = False) -> Regular:
    return Regular(size=len(content), chunks=lambda: [content], executable=executable)


def _tree(**files: Node) -> Directory:
    return Directory(entries={name.encode(): node for name, node in files.items()})


def _project(text: str) -> Directory:
    return Directory(entries={b"pyproject.toml": _file(text.encode())})


def _read(data: bytes) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {member.name: member for member in archive}


def test_a_tree_is_packed_with_its_links_and_modes_and_one_time() -> None:
    tree = _tree(run=_file(b"#!", executable=True), below=_tree(link=Symlink(target=b"../run")))
    file, data = packed(tree, "Own.Pkg", "1.2")
    found = _read(data)
    assert file == "own_pkg-1.2.tar.gz"
    assert list(found) == [
        "own_pkg-1.2",
        "own_pkg-1.2/below",
        "own_pkg-1.2/below/link",
        "own_pkg-1.2/run",
    ]
    assert found["own_pkg-1.2/run"].mode == 0o755
    assert found["own_pkg-1.2/below/link"].linkname == "../run"
    assert {one.mtime for one in found.values()} == {315532800}


@given(content=st.binary(max_size=200_000), name=st.binary(min_size=1, max_size=300))
def test_any_file_is_read_back(content: bytes, name: bytes) -> None:
    plain = name.replace(b"/", b"-").replace(b"\0", b"-").strip(b".") or b"a"
    tree = Directory(entries={plain: _file(content)})
    _, data = packed(tree, "a", "1")
    assert packed(tree, "a", "1")[1] == data
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data))) as archive:
        *_, member = archive
        read = archive.extractfile(member)
        assert read
        assert read.read() == content


def test_a_project_states_its_version() -> None:
    tree = _project('[project]\nname = "Own_Pkg"\nversion = "1.0.0-rc.1"\n')
    assert stated_version(tree, "own-pkg", "w") == "1.0.0rc1"


@pytest.mark.parametrize(
    ("tree", "told"),
    [
        (_tree(), "states no project.version"),
        (_project('[project]\nname = "a"\ndynamic = ["version"]\n'), "states no project.version"),
        (_project("project = 1"), "states no project.version"),
        (_project("[project"), "states no project.version"),
        (_project(f"a = {'[' * 5000}"), "states no project.version"),
        (_project('[project]\nname = "a"\nversion = "one"\n'), "states no project.version"),
        (_project('[project]\nname = "b"\nversion = "1"\n'), "it is the project 'b', not 'a'"),
        (Directory(entries={b"pyproject.toml": _tree()}), "states no project.version"),
    ],
)
def test_what_states_no_version_of_its_own_is_refused(tree: Directory, told: str) -> None:
    with pytest.raises(InputError, match=told):
        stated_version(tree, "a", "w")
