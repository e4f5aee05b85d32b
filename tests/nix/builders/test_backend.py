import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.builders import Workbench

_PROJECT = """
[build-system]
requires = []
build-backend = "made:backend"
backend-path = ["."]
"""
_BACKEND = """
import os, zipfile

class Backend:
    def get_requires_for_build_wheel(self, config):
        return ["cython>=3", *sorted(config)]

    def build_wheel(self, directory, config):
        name = NAME
        with zipfile.ZipFile(f"{directory}/{name}", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("own-1.dist-info/RECORD", "")
            archive.writestr("own-1.dist-info/METADATA", "Name: own\\nVersion: 1\\n")
            archive.writestr("own.py", CONTENT)
        return name

backend = Backend()
"""


def _tree(
    directory: Path, *, name: str = "own-1-py3-none-any.whl", content: str = "'x = 1'"
) -> Path:
    tree = directory / "tree"
    tree.mkdir()
    (tree / "pyproject.toml").write_text(_PROJECT)
    (tree / "made.py").write_text(_BACKEND.replace("NAME", repr(name)).replace("CONTENT", content))
    return tree


def _sdist(directory: Path, top: str = "own-1") -> Path:
    path = directory / "own-1.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(_tree(directory), top)
    return path


@pytest.fixture(name="bench")
def _bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path)


def test_a_wheel_is_normalised_whatever_its_backend_wrote(bench: Workbench, tmp_path: Path) -> None:
    done = bench.backend(_sdist(tmp_path))
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / "built/wheel") as archive:
        members = archive.infolist()
        record = archive.read("own-1.dist-info/RECORD").decode()
    assert [one.filename for one in members] == [
        "own-1.dist-info/METADATA",
        "own.py",
        "own-1.dist-info/RECORD",
    ]
    assert {one.date_time for one in members} == {(1980, 1, 1, 0, 0, 0)}
    assert {one.external_attr >> 16 for one in members} == {0o100644}
    assert {one.compress_type for one in members} == {zipfile.ZIP_STORED}
    # sha256 of "x = 1", as coreutils' sha256sum and basenc --base64url say
    digest = "j_Q23vFFEoVZmhsa1wgASTuNyv3ikS4aODRWMwVOTCY"
    assert record.splitlines()[1:] == [f"own.py,sha256={digest},5", "own-1.dist-info/RECORD,,"]
    assert [one.name for one in (tmp_path / "built").glob("*.whl")] == ["own-1-py3-none-any.whl"]


def test_a_directory_is_built_like_the_sdist_of_it(bench: Workbench, tmp_path: Path) -> None:
    assert bench.backend(_tree(tmp_path)).returncode == 0
    assert zipfile.is_zipfile(tmp_path / "built/wheel")


def test_a_backend_says_what_else_it_needs(bench: Workbench, tmp_path: Path) -> None:
    hook = "get_requires_for_build_wheel"
    done = bench.backend(_tree(tmp_path), hook=hook, config='{"debug": "1"}')
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "built").read_text()) == ["cython>=3", "debug"]


def test_metadata_comes_from_the_wheel_where_no_hook_has_it(
    bench: Workbench, tmp_path: Path
) -> None:
    done = bench.backend(_tree(tmp_path), hook="prepare_metadata_for_build_wheel")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "built").read_text() == "Name: own\nVersion: 1\n"


def test_a_version_is_told_to_a_backend_that_would_ask_git(
    bench: Workbench, tmp_path: Path
) -> None:
    name = "SETUPTOOLS_SCM_PRETEND_VERSION_FOR_OWN"
    tree = _tree(tmp_path, content=f"os.environ['{name}']")
    assert bench.backend(tree, pretend="1.5.dev2").returncode == 0
    with zipfile.ZipFile(tmp_path / "built/wheel") as archive:
        assert archive.read("own.py") == b"1.5.dev2"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("own-1-cp311-cp311-linux_x86_64.whl", "''", "holds no compiled code"),
        ("own-2-py3-none-any.whl", "''", "makes version 2, and 1 is wanted"),
        (
            "own-1-py3-none-any.whl",
            f"'/nix/store/{'a' * 32}-gcc'",
            f"own.py names /nix/store/{'a' * 32}-gcc",
        ),
        (
            "own-1-py3-none-any.whl",
            "__import__('urllib.request').request.urlopen('http://127.0.0.1:1')",
            "would download something, and builds have no network",
        ),
        (
            "own-1-py3-none-any.whl",
            "exit('error: cargo, the package manager, is not installed')",
            "is written in Rust, which harness does not build",
        ),
    ],
)
def test_what_a_wheel_lacks_is_said(
    bench: Workbench, tmp_path: Path, name: str, content: str, said: str
) -> None:
    done = bench.backend(_tree(tmp_path, name=name, content=content))
    assert done.returncode == 1
    assert said in done.stderr
    assert not (tmp_path / "built").exists()


def test_a_platform_wheel_with_compiled_code_is_whole(bench: Workbench, tmp_path: Path) -> None:
    name = "own-1-cp311-cp311-linux_x86_64.whl"
    done = bench.backend(_tree(tmp_path, name=name, content="b'\\x7fELF'"))
    assert done.returncode == 0, done.stderr


def test_a_wheel_for_any_platform_is_refused_where_others_are_compiled(
    bench: Workbench, tmp_path: Path
) -> None:
    done = bench.backend(_tree(tmp_path), extensions="1")
    assert done.returncode == 1
    assert "the index has wheels of it that do" in done.stderr
    assert "without-extensions of env.toml" in done.stderr


def test_a_script_starts_what_is_there_while_it_builds_and_is_delivered_as_it_was(
    bench: Workbench, tmp_path: Path
) -> None:
    tree = _tree(tmp_path, content="open('run').read()")
    (tree / "run").write_text("#! /usr/bin/env python3\n")
    (tree / "run").chmod(0o755)
    done = bench.backend(tree, compiler=str(tmp_path / "compiler"))
    assert done.returncode == 0, done.stderr
    laid = (tmp_path / "place/source/run").read_text()
    assert laid == f"#! {tmp_path}/place/env python3\n"
    with zipfile.ZipFile(tmp_path / "built/wheel") as archive:
        assert archive.read("own.py") == b"#! /usr/bin/env python3\n"


def test_a_tree_without_a_project_is_refused(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    done = bench.backend(tmp_path / "tree")
    assert done.returncode == 1
    assert "has neither pyproject.toml nor setup.py" in done.stderr


@pytest.mark.parametrize(
    ("name", "kind", "link"),
    [
        ("../out", tarfile.REGTYPE, ""),
        ("/out", tarfile.REGTYPE, ""),
        ("own-1/link", tarfile.SYMTYPE, "../../out"),
        ("own-1/link", tarfile.LNKTYPE, "../out"),
        ("own-1/null", tarfile.CHRTYPE, ""),
    ],
)
def test_an_sdist_that_reaches_out_is_refused(
    bench: Workbench, tmp_path: Path, name: str, kind: bytes, link: str
) -> None:
    path = tmp_path / "own-1.tar"
    with tarfile.open(path, "w") as archive:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, link
        archive.addfile(member, io.BytesIO())
    done = bench.backend(path)
    assert done.returncode == 1
    assert "reaches out of the tree" in done.stderr or "is a device" in done.stderr
    assert not (tmp_path / "out").exists()


def test_what_is_no_archive_is_no_sdist(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "own-1.tar.gz").write_bytes(b"\x1f\x8b no")
    done = bench.backend(tmp_path / "own-1.tar.gz")
    assert done.returncode == 1
    assert "not an sdist" in done.stderr


def test_temporary_files_have_the_same_names_each_time(bench: Workbench, tmp_path: Path) -> None:
    tree = _tree(tmp_path, content="__import__('tempfile').mkdtemp(prefix='made-')")
    done = bench.backend(tree)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / "built/wheel") as archive:
        assert archive.read("own.py").decode().endswith("/scratch/made-00000000")
