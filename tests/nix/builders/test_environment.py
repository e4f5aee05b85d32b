"""Wheels become one tree: whole directories where that is safe, and every collision is told."""

import os
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.builders import SITE_PACKAGES, VERSION, Workbench
from tests.elf import Segment, elf

_SITE = SITE_PACKAGES


@pytest.fixture
def workbench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path)


def _merged(
    workbench: Workbench,
    wheels: Mapping[str, Mapping[str, str | bytes]],
    collisions: Mapping[str, str] | None = None,
    copied: tuple[str, ...] = (),
) -> Path:
    completed = workbench.environment(wheels, collisions, copied)
    assert completed.returncode == 0, completed.stderr
    return workbench.directory / "environment"


def _refused(
    workbench: Workbench,
    wheels: Mapping[str, Mapping[str, str | bytes]],
    collisions: Mapping[str, str] | None = None,
    copied: tuple[str, ...] = (),
) -> str:
    completed = workbench.environment(wheels, collisions, copied)
    assert completed.returncode != 0
    assert "Traceback" not in completed.stderr
    return completed.stderr


def test_a_directory_that_one_wheel_brings_is_one_link(workbench: Workbench) -> None:
    files = {f"{_SITE}/web/__init__.py": "", f"{_SITE}/web/static/app.js": "1"}
    tree = _merged(workbench, {"web": files})
    root = os.path.realpath(tree / _SITE / "web/static")
    assert os.path.realpath(f"{tree}/{_SITE}/web/static/app.js").startswith(f"{root}/")
    assert (tree / _SITE / "web").is_symlink()
    assert not (tree / _SITE).is_symlink()


def test_a_namespace_is_one_tree_and_its_parts_are_links(workbench: Workbench) -> None:
    one = {f"{_SITE}/space/one/__init__.py": "x = 1", f"{_SITE}/space/plain.py": "x = 2"}
    two = {f"{_SITE}/space/two/__init__.py": "x = 3", f"{_SITE}/space/other.py": "x = 4"}
    tree = _merged(workbench, {"one": one, "two": two})
    assert not (tree / _SITE / "space").is_symlink()
    assert (tree / _SITE / "space/one").is_symlink()
    program = "import space.one as a, space.two as b, space.plain as c, space.other as d\n"
    argv = [str(tree / "bin/python"), "-c", f"{program}print(a.x, b.x, c.x, d.x)"]
    variables = {"PYTHONPATH": str(tree / _SITE)}
    assert subprocess.check_output(argv, env=variables, text=True).split() == ["1", "3", "2", "4"]


def test_pip_has_the_names_that_a_virtual_environment_has(workbench: Workbench) -> None:
    tree = _merged(workbench, {"one": {"bin/pip3": "one's"}})
    assert (tree / f"bin/pip{VERSION}").read_text() == (tree / "bin/pip").read_text()
    assert (tree / "bin/pip3").read_text() == "one's"


def test_programs_are_never_in_a_linked_directory(workbench: Workbench) -> None:
    program = f"#!{workbench.base}/usr/bin/python{VERSION}\nprint(1)\n"
    tree = _merged(workbench, {"tool": {"bin/tool": program}})
    assert (tree / "bin/tool").read_text() == f"#!{tree}/bin/python{VERSION}\nprint(1)\n"


@pytest.mark.parametrize(
    ("first", "changed"),
    [
        ("#!/bin/sh", "#!{base}/usr/bin/sh"),
        ("#!/usr/bin/env bash", "#!{base}/usr/bin/bash"),
        ("#! /bin/bash -eu", "#!{base}/usr/bin/bash -eu"),
        ("#!/usr/bin/env python3", "#!{tree}/bin/python3"),
        ("#!/usr/bin/env perl", "#!/usr/bin/env perl"),
        ("#!/bin/shell", "#!/bin/shell"),
    ],
)
def test_scripts_get_an_interpreter_that_is_there(
    workbench: Workbench, first: str, changed: str
) -> None:
    tree = _merged(workbench, {"tool": {"bin/tool": f"{first}\nx\n"}})
    wanted = changed.format(base=workbench.base, tree=tree)
    assert (tree / "bin/tool").read_text() == f"{wanted}\nx\n"


def _library(*entries: str, tag: int = 29) -> bytes:
    """Return an ELF file whose dynamic section has these RUNPATH entries."""
    strings = b"\0" + ":".join(entries).encode() + b"\0"
    dynamic = struct.pack("<qQqQqQ", 5, 0x1000, tag, 1, 0, 0)
    return elf(
        Segment(kind=1, content=strings, address=0x1000),
        Segment(kind=2, content=dynamic, address=0x2000),
    )


@pytest.mark.parametrize("tag", [15, 29])
@pytest.mark.parametrize("origin", ["$ORIGIN", "${ORIGIN}"])
def test_a_library_that_looks_into_anothers_directory_sees_one_tree(
    workbench: Workbench, tag: int, origin: str
) -> None:
    torch: dict[str, str | bytes] = {
        f"{_SITE}/torch/lib/core.so": _library(f"{origin}/../../cuda/lib", tag=tag),
        f"{_SITE}/torch/include/core.h": "",
    }
    tree = _merged(workbench, {"torch": torch, "cuda": {f"{_SITE}/cuda/lib/cuda.so": "x"}})
    assert not (tree / _SITE / "torch/lib").is_symlink()
    assert (tree / _SITE / "torch/lib/../../cuda/lib/cuda.so").exists()
    assert (tree / _SITE / "torch/include").is_symlink()
    assert (tree / _SITE / "cuda").is_symlink()


@pytest.mark.parametrize(
    "entry", ["$ORIGIN", "$ORIGIN/../own.libs", "/usr/lib", "$ORIGIN/../../nowhere", "$LIB"]
)
def test_a_library_that_looks_into_its_own_wheel_keeps_it_whole(
    workbench: Workbench, entry: str
) -> None:
    own: dict[str, str | bytes] = {
        f"{_SITE}/own/core.so": _library(entry),
        f"{_SITE}/own.libs/libx.so": "x",
    }
    tree = _merged(workbench, {"own": own, "other": {f"{_SITE}/other.py": ""}})
    assert (tree / _SITE / "own").is_symlink()


@pytest.mark.parametrize("length", [6, 40, 70, 130, 200, 240])
def test_a_damaged_library_is_no_obstacle(workbench: Workbench, length: int) -> None:
    damaged = _library("$ORIGIN/../../x")[:length]
    tree = _merged(workbench, {"own": {f"{_SITE}/own/core.so": damaged}})
    assert (tree / _SITE / "own").is_symlink()


def test_a_copied_package_has_files_among_its_neighbours(workbench: Workbench) -> None:
    one = {f"{_SITE}/space/one/__init__.py": "", f"{_SITE}/space/one/x/y.txt": "y"}
    two = {f"{_SITE}/space/two/__init__.py": ""}
    tree = _merged(workbench, {"Space_One": one, "two": two}, copied=("space.one",))
    resolved = (tree / _SITE / "space/one/__init__.py").resolve()
    assert resolved == tree.resolve() / _SITE / "space/one/__init__.py"
    assert (resolved.parents[1] / "two/__init__.py").exists()
    assert not (tree / _SITE / "space/one/x/y.txt").is_symlink()
    assert (tree / _SITE / "Space_One-1.dist-info").is_symlink()


def test_a_package_to_copy_that_is_not_there_is_an_error(workbench: Workbench) -> None:
    said = _refused(workbench, {"one": {}}, copied=("on",))
    assert "links.copy: 'on' is no package of this environment" in said


def _variants(count: int) -> dict[str, dict[str, str | bytes]]:
    return {
        name: {f"{_SITE}/cv/f{n:02}.py": f"{name}{n}" for n in range(count)}
        for name in ("gui", "headless")
    }


def test_hundreds_of_collisions_of_two_packages_are_one_message(workbench: Workbench) -> None:
    said = _refused(workbench, _variants(200))
    assert said.count("bring different files") == 1
    assert f"{_SITE}/cv/f02.py and 197 more: gui and headless bring" in said
    assert f'"{_SITE}/cv" = "gui"' in said


def test_a_few_collisions_are_named_one_by_one(workbench: Workbench) -> None:
    said = _refused(workbench, _variants(2))
    assert [line for line in said.splitlines() if " = " in line] == [
        f'  "{_SITE}/cv/f0{n}.py" = "gui"' for n in range(2)
    ]


def test_a_directory_that_is_given_holds_one_variant_alone(workbench: Workbench) -> None:
    wheels = _variants(3)
    wheels["gui"][f"{_SITE}/cv/window.py"] = ""
    wheels["third"] = {f"{_SITE}/cv/extra.py": ""}
    tree = _merged(workbench, wheels, {f"{_SITE}/cv": "Headless"})
    found = {path.name: path.read_text() for path in (tree / _SITE / "cv").iterdir()}
    assert found == {f"f0{n}.py": f"headless{n}" for n in range(3)} | {"extra.py": ""}


def test_the_nearest_entry_decides(workbench: Workbench) -> None:
    given = {f"{_SITE}/cv": "gui", f"{_SITE}/cv/f01.py": "headless"}
    tree = _merged(workbench, _variants(2), given)
    assert (tree / _SITE / "cv/f00.py").read_text() == "gui0"
    assert (tree / _SITE / "cv/f01.py").read_text() == "headless1"


def test_byte_code_goes_where_its_source_goes(workbench: Workbench) -> None:
    wheels = {
        name: {
            f"{_SITE}/m.py": name,
            f"{_SITE}/__pycache__/m.cpython-311.pyc": name,
            f"{_SITE}/__pycache__/{name}.cpython-311.pyc": name,
        }
        for name in ("one", "two")
    }
    tree = _merged(workbench, wheels, {f"{_SITE}/m.py": "two"})
    cached = tree / _SITE / "__pycache__"
    assert (cached / "m.cpython-311.pyc").read_text() == "two"
    assert (cached / "one.cpython-311.pyc").exists()


def test_identical_files_are_no_collision(workbench: Workbench) -> None:
    one = {f"{_SITE}/same/a.py": "1", f"{_SITE}/same/b.py": "2"}
    two = {f"{_SITE}/same/a.py": "1", f"{_SITE}/same/c.py": "3"}
    tree = _merged(workbench, {"one": one, "two": two})
    assert sorted(path.name for path in (tree / _SITE / "same").iterdir()) == [
        "a.py",
        "b.py",
        "c.py",
    ]


@pytest.mark.parametrize("owner", ["file", "folder"])
def test_a_file_against_a_directory_is_told_and_can_be_settled(tmp_path: Path, owner: str) -> None:
    wheels = {"file": {f"{_SITE}/x": "f"}, "folder": {f"{_SITE}/x/y": "d"}}
    said = _refused(Workbench(tmp_path), wheels)
    assert f"{_SITE}/x: file and folder bring different files" in said
    (tmp_path / "again").mkdir()
    tree = _merged(Workbench(tmp_path / "again"), wheels, {f"{_SITE}/x": owner})
    assert (tree / _SITE / "x").is_file() == (owner == "file")


@pytest.mark.parametrize("path", ["bin/python3", "bin/python", "pyvenv.cfg", "pyvenv.cfg/x", "bin"])
def test_what_the_interpreter_is_called_is_no_packages(tmp_path: Path, path: str) -> None:
    wheels = {"odd": {path: "mine"}}
    said = _refused(Workbench(tmp_path), wheels)
    assert "odd and python bring different files" in said
    (tmp_path / "again").mkdir()
    taken = path.removesuffix("/x")
    tree = _merged(Workbench(tmp_path / "again"), wheels, {taken: "python"})
    assert (tree / "bin/python3").readlink().name == f"python{VERSION}"
    (tmp_path / "wrong").mkdir()
    said = _refused(Workbench(tmp_path / "wrong"), wheels, {taken: "odd"})
    assert "is the interpreter's" in said


def test_an_entry_that_settles_nothing_is_an_error(workbench: Workbench) -> None:
    said = _refused(workbench, {"one": {f"{_SITE}/a.py": ""}}, {f"{_SITE}/a.py": "one"})
    assert f"'{_SITE}/a.py' is not brought by two packages" in said


def test_an_entry_for_a_stranger_is_an_error(workbench: Workbench) -> None:
    said = _refused(workbench, _variants(1), {f"{_SITE}/cv": "third"})
    assert f"'{_SITE}/cv' is given to third, but gui and headless bring it" in said


def test_two_wheels_of_one_name_are_refused(workbench: Workbench) -> None:
    said = _refused(workbench, {"odd": {f"{_SITE}/a.py": "1"}, "Odd": {f"{_SITE}/a.py": "2"}})
    assert "odd: 2 wheels are of it" in said
