import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.host import process
from harness.libraries.core.dynamic import MAGIC, Linked, beyond, read_dynamic
from tests.elf import Segment, elf, library

WHOLE = library(
    needed=("libGL.so.1", "libc.so.6"),
    soname="libdraw.so.2",
    runpath="$ORIGIN/../x.libs:/usr/lib",
    versions=("GLIBC_2.38", "GLIBC_2.2.5"),
)


def test_what_a_library_asks_of_a_loader_is_read() -> None:
    assert read_dynamic(WHOLE) == Linked(
        soname="libdraw.so.2",
        needed=("libGL.so.1", "libc.so.6"),
        search=("$ORIGIN/../x.libs", "/usr/lib"),
        versions=("GLIBC_2.38", "GLIBC_2.2.5"),
    )


def test_an_rpath_serves_what_is_loaded_too_unless_there_is_a_runpath() -> None:
    assert read_dynamic(library(rpath="/a")) == Linked(search=("/a",), inherited=True)
    assert read_dynamic(library(rpath="/a", runpath="/b")) == Linked(search=("/b",))


def test_it_is_what_readelf_shows(tmp_path: Path) -> None:
    (tmp_path / "libdraw.so").write_bytes(WHOLE)
    shown = process.check(["readelf", "--dynamic", "--wide", str(tmp_path / "libdraw.so")])
    for told in ("[libGL.so.1]", "[libc.so.6]", "[libdraw.so.2]", "[$ORIGIN/../x.libs:/usr/lib]"):
        assert told in shown


def test_what_is_linked_statically_asks_for_nothing() -> None:
    assert read_dynamic(elf(Segment(kind=1, content=b"x" * 8, address=0))) == Linked()


def test_files_for_other_machines_are_refused() -> None:
    with pytest.raises(ValueError, match="no ELF file of 64 bits"):
        read_dynamic(b"\x7fELF\x01\x01" + bytes(100))


def test_strings_that_are_not_loaded_are_damage() -> None:
    dynamic = struct.pack("<QQQQ", 5, 2**40, 0, 0)
    with pytest.raises(ValueError, match="nothing is loaded"):
        read_dynamic(elf(Segment(kind=2, content=dynamic, address=0)))


def test_a_dynamic_section_without_end_is_bounded() -> None:
    dynamic = struct.pack("<QQ", 99, 0) * 10_001
    with pytest.raises(ValueError, match="nothing is loaded"):
        read_dynamic(elf(Segment(kind=2, content=dynamic, address=0)))


@given(st.binary(max_size=300), st.integers(0, len(WHOLE)))
def test_damage_is_told_and_never_loops(data: bytes, at: int) -> None:
    for content in (MAGIC + data, WHOLE[:at] + data + WHOLE[at + len(data) :]):
        try:
            read_dynamic(content)
        except ValueError:
            continue


def test_only_a_newer_c_library_than_the_base_has_is_told() -> None:
    versions = ("GLIBC_2.38", "GLIBC_2.2.5", "GLIBC_PRIVATE", "CXXABI_1.3")
    assert beyond(versions, (2, 36)) == "GLIBC_2.38"
    assert not beyond(versions, (2, 38))
    assert not beyond((), (2, 36))
