"""ELF files, laid out by hand in every width and byte order, and from the C compiler."""

import struct

import pytest

from harness.formats.programs import elf as reader
from harness.formats.wording import spelled
from tests.formats.seeds import changed, elf


def fields(first: bytes, second: bytes) -> list[str]:
    return [spelled(change.place) for change in reader.explain(first, second)]


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("version", [4, 5])
@pytest.mark.parametrize("packed", [True, False])
def test_names_the_directory_of_compilation(
    wide: bool, order: str, version: int, packed: bool
) -> None:
    one, other = (
        elf(wide=wide, order=order, version=version, packed=packed, directory=directory)
        for directory in (b"/build/one", b"/build/two")
    )
    assert changed("a", one, other)["DWARF comp_dir of unit 0"] == ("/build/one", "/build/two")


@pytest.mark.parametrize("wide", [True, False])
def test_names_what_differs(wide: bool) -> None:
    one = elf(wide=wide)
    assert changed("a", one, elf(wide=wide, build_id=b"\2" * 20)) == {
        "ELF build id": ("01" * 20, "02" * 20)
    }
    assert changed("a", one, elf(wide=wide, comment=b"GCC: 13.2.0\0")) == {
        "section .comment: string": ("GCC: 12.2.0", "GCC: 13.2.0")
    }
    assert "section .rodata: string" in fields(one, elf(wide=wide, rodata=b"hello two\0"))
    ((symbol, values),) = changed("a", one, elf(wide=wide, symbol=17)).items()
    assert symbol == "section .symtab: symbol main"
    assert values[0].startswith("value 0x10, size 8, info 0x12, other 0, section 1")
    assert changed("a", one, elf(wide=wide, kind=2)) == {
        "ELF header type": ("shared object", "executable")
    }


def test_units_that_relocations_fill_in_are_not_read() -> None:
    one, other = (elf(kind=1, directory=directory) for directory in (b"/one", b"/two"))
    assert fields(one, other) == ["section .debug_line_str: string"]


def test_sections_of_one_side_and_other_contents_are_named() -> None:
    one = elf()
    found = fields(one, one.replace(b".comment", b".commend"))
    assert found == ["section .comment", "section .shstrtab: string", "section .commend"]
    language = one.replace(struct.pack("<IH", 0, 29), struct.pack("<IH", 0, 12))
    assert fields(one, language)[-1] == "section .debug_info: bytes 0x11 to 0x12"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x7fELF\3" + bytes(60), "no ELF header"),
        (elf()[:-1], "wanted"),
        (elf(version=6), "pyelftools"),
    ],
)
def test_damage_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        fields(data, elf())


def test_a_section_compressed_in_an_unknown_way_stays_as_it_is() -> None:
    one, other = (elf(packed=True, kind=1, compression=way) for way in (2, 3))
    assert fields(one, other)[-1] == "section .debug_info: bytes 0x0 to 0x1"


def test_without_a_table_of_names_sections_have_none() -> None:
    data = bytearray(elf())
    data[62:64] = b"\xff\xff"
    assert set(reader.read(bytes(data), 1000).sections) == {"", *(f" ({n})" for n in range(2, 13))}
