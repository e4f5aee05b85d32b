"""A wheel is unpacked as pip does it: pip itself is the reference."""

import base64
import csv
import hashlib
import os
import stat
import struct
import sys
import tempfile
from importlib.util import MAGIC_NUMBER
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pip._internal.exceptions import InstallationError
from pip._internal.models.scheme import Scheme
from pip._internal.operations.install.wheel import install_wheel

from tests.builders import SITE_PACKAGES, Workbench, written
from tests.elf import Segment, elf, program_headers

_INFO = "pkg-1.dist-info"
_FILE = "pkg-1-py3-none-any.whl"
_LINK = stat.S_IFLNK | 0o777
_PLAIN = stat.S_IFREG | 0o644
_PROGRAM = stat.S_IFREG | 0o755
_METADATA = {
    f"{_INFO}/METADATA": (b"Metadata-Version: 2.1\nName: pkg\nVersion: 1\n", _PLAIN),
    f"{_INFO}/WHEEL": (b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n", _PLAIN),
    f"{_INFO}/RECORD": (b"", _PLAIN),
}
_OF_INSTALLERS = {f"{SITE_PACKAGES}/{_INFO}/{name}" for name in ("INSTALLER", "RECORD")}

Members = dict[str, tuple[bytes, int]]


def _by_pip(wheel: Path, root: Path) -> None:
    site = str(root / SITE_PACKAGES)
    scheme = Scheme(
        purelib=site,
        platlib=site,
        headers=str(root / "include/pkg"),
        scripts=str(root / "bin"),
        data=str(root),
    )
    install_wheel("pkg", str(wheel), scheme, "pkg", pycompile=False, warn_script_location=False)


def _found(root: Path) -> dict[str, tuple[bytes, bool]]:
    """Return each file's content and whether it can be executed; scripts without first line."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_dir() or "__pycache__" in name or name in _OF_INSTALLERS:
            continue
        content = path.read_bytes()
        if name.startswith("bin/"):
            found[name] = (_script(content), True)
        else:
            found[name] = (content, bool(path.stat().st_mode & 0o100))
    return found


def _script(content: bytes) -> bytes:
    first, _, rest = content.partition(b"\n")
    is_generated = b"sys.exit(" in rest and b"from pkg import" in rest
    return b"generated" if is_generated else (b"" if b"python" in first else first) + rest


_names = st.sampled_from(["a", "b", "A", "pkg", "tool", "x.py", "tool-script.py", "tool.exe", ".."])
_paths = st.one_of(
    st.lists(_names, min_size=1, max_size=3).map("/".join),
    st.tuples(
        st.sampled_from(["pkg-1.data", "PKG-1.data", "pkg-1.0.data", "other.data"]),
        st.sampled_from(["purelib", "platlib", "scripts", "data", "headers", "Scripts", ""]),
        st.lists(_names, min_size=1, max_size=2).map("/".join),
    ).map("/".join),
)
_contents = st.tuples(
    st.sampled_from([b"", b"x = 1\n", b"#!python\nx\n", b"#!pythonw -u\r\nx\n", b"#!/bin/sh\nx\n"]),
    st.sampled_from([_PLAIN, _PROGRAM, _LINK, 0]),
)
_entry_points = st.sampled_from(
    [
        b"",
        b"[console_scripts]\ntool = pkg:main\n",
        b"[console_scripts]\na = pkg:main\n[gui_scripts]\na = pkg:other.main [extra]\n",
        b"[console_scripts]\ntool = pkg\n",
    ]
)


@settings(deadline=None, max_examples=25)
@given(st.dictionaries(_paths, _contents, max_size=6), _entry_points)
def test_what_pip_installs_is_installed_and_what_it_refuses_is_refused(
    files: Members, entry_points: bytes
) -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        members = {**files, **_METADATA, f"{_INFO}/entry_points.txt": (entry_points, _PLAIN)}
        wheel = written(directory / _FILE, members)
        completed = Workbench(directory).wheel(wheel)
        try:
            _by_pip(wheel, directory / "pip")
        except (InstallationError, OSError):
            assert completed.returncode != 0
            assert "Traceback" not in completed.stderr
        else:
            assert completed.returncode == 0, completed.stderr
            assert _found(directory / "out") == _found(directory / "pip")


@pytest.fixture
def workbench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path)


def _unpacked(workbench: Workbench, members: Members) -> str:
    completed = workbench.wheel(written(workbench.directory / _FILE, members))
    assert completed.returncode == 0, completed.stderr
    return completed.stdout


def _refused(workbench: Workbench, members: Members) -> str:
    completed = workbench.wheel(written(workbench.directory / _FILE, members))
    assert completed.returncode != 0
    assert "Traceback" not in completed.stderr
    return completed.stderr


def test_record_says_what_was_written_whatever_the_wheels_own_says(workbench: Workbench) -> None:
    members = {"pkg.py": (b"x = 1\n", _PLAIN), "pkg-1.data/scripts/run": (b"#!python\n", _PLAIN)}
    _unpacked(workbench, {**members, **_METADATA})
    site_packages = workbench.directory / "out" / SITE_PACKAGES
    with (site_packages / _INFO / "RECORD").open() as file:
        rows = {path: (digest, size) for path, digest, size in csv.reader(file)}
    assert rows.pop(f"{_INFO}/RECORD") == ("", "")
    for path, (digest, size) in rows.items():
        content = (site_packages / path).read_bytes()
        raw = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
        assert (digest, size) == (f"sha256={raw}", str(len(content)))
    assert {"pkg.py", "../../../bin/run", f"{_INFO}/INSTALLER"} <= rows.keys()


def test_the_log_tells_where_record_is_wrong(workbench: Workbench) -> None:
    record = b"named.py,sha256=AAAA,1\nmissing.py,sha256=AAAA,1\n"
    members = {"named.py": (b"1", _PLAIN), "unnamed.py": (b"", _PLAIN)}
    members |= {**_METADATA, f"{_INFO}/RECORD": (record, _PLAIN)}
    said = _unpacked(workbench, members).splitlines()
    told = [line.partition(": RECORD ")[2] for line in said]
    assert "has another hash of named.py, or none" in told
    assert "does not name unnamed.py" in told
    assert "names missing.py, which is not there" in told


@pytest.mark.parametrize("name", ["WHEEL", "METADATA", "RECORD"])
def test_a_wheel_without_what_installers_read_is_refused(workbench: Workbench, name: str) -> None:
    members = {path: one for path, one in _METADATA.items() if not path.endswith(name)}
    assert f"has no {_INFO}/{name}" in _refused(workbench, members)


def test_a_wheel_of_another_package_is_refused(workbench: Workbench) -> None:
    members = {path.replace("pkg", "other"): one for path, one in _METADATA.items()}
    assert "other-1.dist-info is not of pkg" in _refused(workbench, members)


def test_metadata_of_another_package_is_refused(workbench: Workbench) -> None:
    metadata = b"Metadata-Version: 2.1\nName: other\nVersion: 1\n"
    members = {**_METADATA, f"{_INFO}/METADATA": (metadata, _PLAIN)}
    assert "its METADATA is of 'other'" in _refused(workbench, members)


def test_a_name_is_compared_as_the_index_does(workbench: Workbench) -> None:
    metadata = b"Metadata-Version: 2.1\nName:  PKG \nVersion: 1\n"
    _unpacked(workbench, {**_METADATA, f"{_INFO}/METADATA": (metadata, _PLAIN)})


def test_a_record_that_is_no_table_is_told(workbench: Workbench) -> None:
    record = b'"' + b"x" * 200_000
    assert "RECORD cannot be read" in _unpacked(
        workbench, {**_METADATA, f"{_INFO}/RECORD": (record, _PLAIN)}
    )


@pytest.mark.parametrize("text", [b"[console_scripts]\nno value\n", b"[console_scripts]\n\xff=a"])
def test_entry_points_that_cannot_be_read_are_told(workbench: Workbench, text: bytes) -> None:
    members = {**_METADATA, f"{_INFO}/entry_points.txt": (text, _PLAIN)}
    assert "entry_points.txt cannot be read" in _refused(workbench, members)


def test_a_wheel_of_a_later_format_is_refused(workbench: Workbench) -> None:
    members = {**_METADATA, f"{_INFO}/WHEEL": (b"Wheel-Version: 2.0\n", _PLAIN)}
    assert "Wheel-Version 2.0; only 1 is known" in _refused(workbench, members)


@pytest.mark.parametrize(
    "path", ["../out.py", "/out.py", "a/../../out.py", "pkg-1.data/data/../../out.py", "."]
)
def test_a_file_that_reaches_outside_is_refused(workbench: Workbench, path: str) -> None:
    _refused(workbench, {path: (b"", _PLAIN), **_METADATA})
    assert not (workbench.directory / "out.py").exists()


@pytest.mark.parametrize("name", ["../tool", "a/b", ".."])
def test_an_entry_point_that_is_no_name_is_refused(workbench: Workbench, name: str) -> None:
    text = f"[console_scripts]\n{name} = pkg:main\n".encode()
    members = {**_METADATA, f"{_INFO}/entry_points.txt": (text, _PLAIN)}
    assert "is no name of a program" in _refused(workbench, members)


def test_what_would_fill_the_disk_is_refused(workbench: Workbench) -> None:
    wheel = written(workbench.directory / _FILE, {"big": (b"\0" * 64, _PLAIN), **_METADATA})
    content = bytearray(wheel.read_bytes())
    entry = content.index(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = (2**32 - 2).to_bytes(4, "little")
    wheel.write_bytes(content)
    completed = workbench.wheel(wheel)
    assert completed.returncode != 0
    assert "are allowed" in completed.stderr


def test_a_program_gets_the_bases_loader(workbench: Workbench) -> None:
    (workbench.base / "usr/lib/x").mkdir(parents=True)
    (workbench.base / "usr/lib/x/ld-linux-x86-64.so.2").touch()
    name = b"/lib64/ld-linux-x86-64.so.2\0"
    program = elf(Segment(kind=3, content=name, address=0x1000))
    other = elf(Segment(kind=3, content=b"/lib/ld-musl-x86_64.so.1\0", address=0x1000))
    members = {"run": (program, _PROGRAM), "musl": (other, _PROGRAM), "cut": (program[:90], _PLAIN)}
    _unpacked(workbench, {**members, **_METADATA})
    site_packages = workbench.directory / "out" / SITE_PACKAGES
    made = (site_packages / "run").read_bytes()
    ((_, _, offset, address, _, size, _, _),) = program_headers(made)
    loader = workbench.base / "usr/lib/x/ld-linux-x86-64.so.2"
    assert made[offset : offset + size] == os.fsencode(loader) + b"\0"
    assert (address, made[120 : 120 + len(name)], size) == (0x1000, name, len(made) - offset)
    assert (site_packages / "musl").read_bytes() == other
    assert (site_packages / "cut").read_bytes() == program[:90]


@pytest.mark.parametrize("size", [6, 11, 45, 63])
def test_what_only_begins_as_a_program_is_a_file(workbench: Workbench, size: int) -> None:
    (workbench.base / "usr/lib/x").mkdir(parents=True)
    (workbench.base / "usr/lib/x/ld-linux-x86-64.so.2").touch()
    begun = elf()[:size]
    _unpacked(workbench, {"begun": (begun, _PLAIN), **_METADATA})
    assert (workbench.directory / "out" / SITE_PACKAGES / "begun").read_bytes() == begun


@pytest.mark.parametrize("offset", [2**40, 2**63 - 1, 2**63, 2**64 - 1])
def test_a_loader_named_outside_of_the_file_is_let_be(workbench: Workbench, offset: int) -> None:
    (workbench.base / "usr/lib/x").mkdir(parents=True)
    (workbench.base / "usr/lib/x/ld-linux-x86-64.so.2").touch()
    program = bytearray(elf(Segment(kind=3, content=b"/lib64/ld-linux-x86-64.so.2\0", address=0)))
    struct.pack_into("<Q", program, 64 + 8, offset)
    _unpacked(workbench, {"odd": (bytes(program), _PROGRAM), **_METADATA})
    assert (workbench.directory / "out" / SITE_PACKAGES / "odd").read_bytes() == program


@pytest.mark.parametrize("name", ["METADATA", "WHEEL"])
def test_a_damaged_member_is_said(workbench: Workbench, name: str) -> None:
    members = {**_METADATA, f"{_INFO}/{name}": (b"Wheel-Version: 1.0\n" * 40, _PLAIN)}
    wheel = written(workbench.directory / _FILE, members)
    content = bytearray(wheel.read_bytes())
    at = content.index(name.encode()) + len(name) + 4
    content[at] ^= 0xFF
    wheel.write_bytes(content)
    completed = workbench.wheel(wheel)
    assert completed.returncode != 0
    assert completed.stderr.startswith(f"{_FILE}: not a wheel: ")


_LARGE = {f"pkg/m{n}.py": (f"x = {n}\n# {'-' * 2**18}\n".encode(), _PLAIN) for n in range(9)}
"""More than one process unpacks alone."""


def test_what_several_processes_unpack_is_the_same_each_time(workbench: Workbench) -> None:
    wheel = written(workbench.directory / _FILE, {**_LARGE, **_METADATA})
    trees = []
    for name in ("out", "again"):
        completed = workbench.wheel(wheel, name)
        assert completed.returncode == 0, completed.stderr
        root = workbench.directory / name
        files = sorted(path for path in root.rglob("*") if path.is_file())
        trees.append({str(path.relative_to(root)): path.read_bytes() for path in files})
    assert trees[0] == trees[1]
    compiled = [path for path in trees[0] if path.endswith(".pyc")]
    assert len(compiled) == len(_LARGE)


def test_damage_that_one_of_several_processes_meets_is_said(workbench: Workbench) -> None:
    wheel = written(workbench.directory / _FILE, {**_LARGE, **_METADATA})
    content = bytearray(wheel.read_bytes())
    at = content.index(b"pkg/m5.py") + len("pkg/m5.py") + 20
    content[at] ^= 0xFF
    wheel.write_bytes(content)
    completed = workbench.wheel(wheel)
    assert completed.returncode != 0
    assert completed.stderr.startswith(f"{_FILE}: not a wheel: ")


def test_byte_code_that_a_wheel_brings_gives_way_to_what_is_compiled(workbench: Workbench) -> None:
    version = f"{sys.version_info.major}{sys.version_info.minor}"
    cached = f"__pycache__/pkg.cpython-{version}.pyc"
    members = {"pkg.py": (b"x = 1\n", _PLAIN), cached: (b"brought", _PLAIN), **_METADATA}
    _unpacked(workbench, members)
    site_packages = workbench.directory / "out" / SITE_PACKAGES
    content = (site_packages / cached).read_bytes()
    assert content.startswith(MAGIC_NUMBER)
    with (site_packages / _INFO / "RECORD").open() as file:
        sizes = {path: size for path, _, size in csv.reader(file)}
    assert sizes[cached] == str(len(content))


def test_a_module_that_does_not_compile_is_installed_and_told(workbench: Workbench) -> None:
    said = _unpacked(workbench, {"pkg.py": (b"print {{ name }}\n", _PLAIN), **_METADATA})
    assert "not compiled: pkg.py: SyntaxError" in said
    assert (workbench.directory / "out" / SITE_PACKAGES / "pkg.py").exists()


def test_a_hash_of_another_algorithm_holds_too(workbench: Workbench) -> None:
    raw = base64.urlsafe_b64encode(hashlib.sha512(b"1").digest()).decode().rstrip("=")
    record = f"right.py,sha512={raw},1\nwrong.py,sha512=AAAA,1\n".encode()
    members = {"right.py": (b"1", _PLAIN), "wrong.py": (b"1", _PLAIN)}
    said = _unpacked(workbench, {**members, **_METADATA, f"{_INFO}/RECORD": (record, _PLAIN)})
    assert "has another hash of wrong.py, or none" in said
    assert "another hash of right.py" not in said
