"""DWARF units, written by hand from the tables of the standard."""

import struct

import pytest

from harness.formats.programs.dwarf import units
from harness.formats.wording import spelled

COMPILE_UNIT = 0x11
NAME, DIRECTORY, PRODUCER, LANGUAGE = 0x03, 0x1B, 0x25, 0x13


def abbreviation(*pairs: tuple[int, int], code: int = 1, more: bytes = b"") -> bytes:
    body = b"".join(bytes(pair) for pair in pairs)
    return bytes([code, COMPILE_UNIT, 0]) + body + more + b"\0\0"


def unit(values: bytes, version: int = 4, kind: int = 1, wide: bool = False) -> bytes:
    offset = struct.pack("<Q" if wide else "<I", 0)
    typed = bytes(16 if wide else 12)
    identifier = {2: typed, 4: bytes(8), 5: bytes(8), 6: typed}
    head = (
        offset + b"\x08" if version < 5 else bytes([kind, 8]) + offset + identifier.get(kind, b"")
    )
    data = struct.pack("<H", version) + head + values
    length = (
        b"\xff\xff\xff\xff" + struct.pack("<Q", len(data)) if wide else struct.pack("<I", len(data))
    )
    return length + data


def read(info: bytes, abbreviations: bytes, texts: bytes = b"") -> dict[str, object]:
    sections = {".debug_info": info, ".debug_abbrev": abbreviations, ".debug_line_str": texts}
    return {spelled(place): it.value for place, it in units(sections, "<").items()}


NAMED = abbreviation((NAME, 8)) + b"\0"
EXPECTED = {"DWARF name of unit 0": "a.c"}


@pytest.mark.parametrize("version", [2, 3, 4, 5])
@pytest.mark.parametrize("wide", [False, True])
def test_reads_each_version_and_width(version: int, wide: bool) -> None:
    assert read(unit(b"\1a.c\0", version, wide=wide), NAMED) == EXPECTED


@pytest.mark.parametrize("kind", [1, 2, 4, 5, 6])
@pytest.mark.parametrize("wide", [False, True])
def test_steps_over_what_each_kind_of_unit_has(kind: int, wide: bool) -> None:
    assert read(unit(b"\1a.c\0", 5, kind, wide), NAMED) == EXPECTED


@pytest.mark.parametrize(
    ("form", "value"),
    [
        (0x0B, b"?"),  # data1
        (0x05, b"??"),  # data2
        (0x06, b"????"),  # data4
        (0x07, b"????????"),  # data8
        (0x1E, b"?" * 16),  # data16
        (0x01, b"????????"),  # addr
        (0x19, b""),  # flag_present
        (0x0F, b"\x80\x01"),  # udata
        (0x17, b"????"),  # sec_offset
        (0x0A, b"\2??"),  # block1
        (0x03, b"\2\0??"),  # block2
        (0x04, b"\2\0\0\0??"),  # block4
        (0x09, b"\2??"),  # block
        (0x18, b"\2??"),  # exprloc
    ],
)
def test_steps_over_values_of_each_form(form: int, value: bytes) -> None:
    forms = abbreviation((LANGUAGE, form), (NAME, 8)) + b"\0"
    assert read(unit(b"\1" + value + b"a.c\0"), forms) == EXPECTED


def test_a_constant_may_stand_in_the_abbreviation() -> None:
    forms = bytes([1, COMPILE_UNIT, 0, LANGUAGE, 0x21, 7, NAME, 8, 0, 0, 0])
    assert read(unit(b"\1a.c\0", 5), forms) == EXPECTED


def test_texts_may_lie_in_a_section_of_their_own() -> None:
    forms = abbreviation((DIRECTORY, 0x1F)) + b"\0"
    assert read(unit(b"\1\2\0\0\0", 5), forms, b"x\0/build\0") == {
        "DWARF comp_dir of unit 0": "/build"
    }


def test_finds_the_abbreviation_by_its_code() -> None:
    forms = abbreviation((PRODUCER, 8), code=1) + abbreviation((NAME, 8), code=2) + b"\0"
    assert read(unit(b"\2a.c\0"), forms) == EXPECTED
    with pytest.raises(ValueError, match="pyelftools"):
        read(unit(b"\3a.c\0"), forms)


def test_units_are_numbered_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    both = unit(b"\1a.c\0") + unit(b"\1b.c\0")
    assert read(both, NAMED) == {**EXPECTED, "DWARF name of unit 1": "b.c"}
    monkeypatch.setattr("harness.formats.programs.dwarf._UNITS", 1)
    assert read(both, NAMED) == EXPECTED


@pytest.mark.parametrize(
    ("info", "abbreviations", "reason"),
    [
        (unit(b"\1", 6), NAMED, "DWARF version"),
        (unit(b"\1?"), abbreviation((NAME, 0x7F)) + b"\0", "pyelftools: KeyError: 127"),
        (unit(b"\xff" * 11), NAMED, "ULEB128"),
        (unit(b"\1a.c\0")[:-1], NAMED, "missing terminator"),
    ],
)
def test_damage_is_refused(info: bytes, abbreviations: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read(info, abbreviations)


def test_a_file_without_debug_information_has_no_units() -> None:
    assert units({}, "<") == {}
