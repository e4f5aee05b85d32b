"""What compilers say about each unit in DWARF debug information: name, directory, producer.

Versions 2 to 5, sections 7.5.1 to 7.5.6 of the DWARF 5 standard. Only the first entry of each unit
is read.
"""

from collections.abc import Mapping

from harness.formats.change import At, Kind, Place, Step, Typed
from harness.formats.cursor import Cursor

_NAMES = {0x03: "name", 0x1B: "comp_dir", 0x25: "producer"}
_KINDS = {"name": Kind.PATH, "comp_dir": Kind.PATH, "producer": Kind.TEXT}
_UNITS = 5000
_WIDE = 0xFFFFFFFF
_NEWEST = 5
_MORE = 0x80
_ATTRIBUTES = 200
_TEXT = 4096
_IMPLICIT = 0x21
_VERSIONS = range(2, 6)
_TYPED, _SKELETON = {2, 6}, {4, 5}
_SIZES = {
    0: (0x19,),
    1: (0x0B, 0x11, 0x0C, 0x25, 0x29),
    2: (0x05, 0x12, 0x26, 0x2A),
    3: (0x27, 0x2B),
    4: (0x06, 0x13, 0x28, 0x2C, 0x1C),
    8: (0x07, 0x14, 0x20, 0x24),
    16: (0x1E,),
}
_FIXED = {form: size for size, forms in _SIZES.items() for form in forms}
_OFFSETS = {0x0E, 0x17, 0x1F, 0x1D, 0x10, 0x1F20, 0x1F21}
_LEB = {0x0D, 0x0F, 0x15, 0x1A, 0x1B, 0x22, 0x23}
_BLOCKS = {0x0A: "B", 0x03: "H", 0x04: "I"}
_BLOCK, _EXPRESSION, _STRING, _STRP, _LINE_STRP, _ADDRESS = 0x09, 0x18, 0x08, 0x0E, 0x1F, 0x01


def units(sections: Mapping[str, bytes], order: str) -> dict[Place, Typed]:
    """Return the directory of each unit and its like, by their places.

    `sections` are by name, `order` is "<" or ">".

    Raises:
        ValueError: the debug information is damaged.

    """
    found: dict[Place, Typed] = {}
    cursor = Cursor(sections.get(".debug_info", b""))
    for number in range(_UNITS):
        if not cursor.left:
            break
        unit = _unit(cursor, sections, order)
        for name, text in unit.items():
            place = Step(At.PART, "DWARF"), Step(At.NAME, name), Step(At.UNIT, number)
            found[place] = Typed(_KINDS[name], text)
    return found


def _unit(cursor: Cursor, sections: Mapping[str, bytes], order: str) -> dict[str, str]:
    (length,) = cursor.unpack(order + "I")
    wide = length == _WIDE
    if wide:
        (length,) = cursor.unpack(order + "Q")
    offset = "Q" if wide else "I"
    end = cursor.position + length
    inner = Cursor(cursor.content, cursor.position, end)
    cursor.skip(length)
    (version,) = inner.unpack(order + "H")
    if version not in _VERSIONS:
        raise ValueError(f"DWARF version {version}")
    if version == _NEWEST:
        kind, address, abbreviations = inner.unpack(order + "BB" + offset)
        if kind in _SKELETON:
            inner.skip(8)
        elif kind in _TYPED:
            inner.skip(8 + (8 if wide else 4))
    else:
        abbreviations, address = inner.unpack(order + offset + "B")
    code = _leb(inner)
    forms = _forms(Cursor(sections.get(".debug_abbrev", b""), abbreviations), code)
    found: dict[str, str] = {}
    for name, form in forms:
        text = _value(inner, form, sections, order, (offset, address))
        if name in _NAMES and text is not None:
            found[_NAMES[name]] = text[:_TEXT].decode("utf-8", "backslashreplace")
    return found


def _forms(cursor: Cursor, code: int) -> list[tuple[int, int]]:
    """Return attributes and forms of an abbreviation, which is among the first few."""
    for _ in range(_ATTRIBUTES):
        current = _leb(cursor)
        if current == 0:
            return []
        _leb(cursor)
        cursor.skip(1)
        forms: list[tuple[int, int]] = []
        while (pair := (_leb(cursor), _leb(cursor))) != (0, 0):
            if pair[1] == _IMPLICIT:
                _leb(cursor)
            forms.append(pair)
        if current == code:
            return forms[:_ATTRIBUTES]
    return []


def _value(
    cursor: Cursor, form: int, sections: Mapping[str, bytes], order: str, sizes: tuple[str, int]
) -> bytes | None:
    """Step over a value, and return the text that it is or means."""
    if form == _STRING:
        return cursor.until(b"\0")
    if form in _OFFSETS:
        (at,) = cursor.unpack(order + sizes[0])
        name = {_STRP: ".debug_str", _LINE_STRP: ".debug_line_str"}.get(form, "")
        return Cursor(sections.get(name, b""), at).until(b"\0") if name else None
    if form in _LEB:
        _leb(cursor)
    elif form in _BLOCKS:
        cursor.skip(cursor.unpack(order + _BLOCKS[form])[0])
    elif form in {_BLOCK, _EXPRESSION}:
        cursor.skip(_leb(cursor))
    elif form == _ADDRESS:
        cursor.skip(sizes[1])
    elif form in _FIXED:
        cursor.skip(_FIXED[form])
    elif form != _IMPLICIT:
        raise ValueError(f"DWARF form {form:#x}")
    return None


def _leb(cursor: Cursor) -> int:
    """Return an unsigned number in base 128, of at most ten bytes."""
    value: int = 0
    for shift in range(0, 70, 7):
        byte = cursor.take(1)[0]
        value |= (byte & 0x7F) << shift
        if byte < _MORE:
            return value
    raise ValueError("number of more than ten bytes in DWARF")
