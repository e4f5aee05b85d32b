"""PNG images: chunks by name, pixels by place."""

import zlib

import pytest

from harness.formats.documents import png as reader
from harness.formats.wording import spelled
from tests.formats.containers import chunk, png
from tests.formats.seeds import changed


def found(first: bytes, second: bytes) -> dict[str, tuple[str, str]]:
    return {spelled(c.place): (c.texts[0], c.texts[1]) for c in reader.explain(first, second)}


@pytest.mark.parametrize(
    ("kind", "first", "second", "expected"),
    [
        (
            b"tIME",
            b"\x07\xe8\1\2\3\4\5",
            b"\x07\xe8\1\2\3\4\6",
            {"PNG tIME": ("2024-01-02 03:04:05", "2024-01-02 03:04:06")},
        ),
        (b"tEXt", b"Software\0a 1", b"Software\0a 2", {"PNG tEXt Software": ("a 1", "a 2")}),
        (
            b"zTXt",
            b"Note\0\0" + zlib.compress(b"one"),
            b"Note\0\0" + zlib.compress(b"two"),
            {"PNG zTXt Note": ("one", "two")},
        ),
        (
            b"iTXt",
            b"Note\0\0\0en\0Note\0one",
            b"Note\0\1\0de\0Notiz\0" + zlib.compress("zwei €".encode()),
            {
                "PNG iTXt Note": ("one", "zwei €"),
                "PNG iTXt Note: language": ("en", "de"),
                "PNG iTXt Note: keyword in that language": ("Note", "Notiz"),
            },
        ),
        (
            b"pHYs",
            b"\0\0\x0b\x13\0\0\x0b\x13\1",
            b"\0\0\x0b\x13\0\0\x0b\x13\0",
            {"PNG pHYs": ("2835 by 2835 pixels per metre", "2835 by 2835 pixels per unit")},
        ),
        (b"gAMA", b"\0\0\0\1", b"\0\0\0\2", {"PNG gAMA": (repr(b"\0\0\0\1"), repr(b"\0\0\0\2"))}),
    ],
)
def test_names_the_chunk(
    kind: bytes, first: bytes, second: bytes, expected: dict[str, tuple[str, str]]
) -> None:
    assert changed("a.png", png(chunk(kind, first)), png(chunk(kind, second))) == expected


def test_chunks_of_a_name_are_counted_and_their_offset_is_said() -> None:
    texts = [chunk(b"tEXt", b"a\0" + text) for text in (b"one", b"two", b"six")]
    (change,) = reader.explain(png(*texts[:2]), png(texts[0], texts[2]))
    assert (spelled(change.place), change.offset) == ("PNG tEXt a (2)", 8 + 25 + 17)


def test_names_the_order_of_chunks_a_wrong_checksum_and_a_tail() -> None:
    time, text = chunk(b"tIME", bytes(7)), chunk(b"tEXt", b"a\0b")
    assert list(found(png(time, text), png(text, time))) == ["order of PNG chunks"]
    assert list(found(png(text), png(text[:-1] + b"?"))) == ["PNG wrong checksum of tEXt"]
    assert found(png(), png() + b"x") == {"PNG bytes after the end": ("b''", "b'x'")}


@pytest.mark.parametrize(
    ("at", "field", "values"),
    [
        (0, "PNG row 0: filter", ("01", "3f")),
        (3, "PNG row 0, pixel 0", ("61 62 63", "61 62 3f")),
        (12, "PNG row 1, pixel 1", ("6a 6b 6c", "6a 3f 6c")),
        (14, "PNG bytes after the last row", ("", "3f")),
    ],
)
def test_names_the_pixel(at: int, field: str, values: tuple[str, str]) -> None:
    rows = b"\1abcdef\2ghijkl"
    other = rows[:at] + b"?" + rows[at + 1 :]
    assert changed("a.png", png(rows=(rows,)), png(rows=(other,))) == {field: values}


def test_names_the_pixel_of_an_interlaced_image() -> None:
    # 5 by 3 grey pixels: the passes hold columns 0 | 4 | - | 2 | 0 2 4 of row 2 | 1 3 | row 1.
    rows = b"\0a\0b\0c\0def\0gh\0ij\0klmno"
    image = png(rows=(rows,), size=(5, 3), colour=0, interlace=1)
    for letter, place in (
        (b"a", "row 0, pixel 0"), (b"b", "row 0, pixel 4"), (b"c", "row 0, pixel 2"),
        (b"e", "row 2, pixel 2"), (b"h", "row 0, pixel 3"), (b"i", "row 2, pixel 1"),
        (b"n", "row 1, pixel 3"),
    ):  # fmt: skip
        other = png(rows=(rows.replace(letter, b"?"),), size=(5, 3), colour=0, interlace=1)
        assert list(found(image, other)) == [f"PNG {place}"]


def test_names_the_pixel_within_a_byte() -> None:
    one, two = (png(rows=(b"\0" + row,), size=(8, 1), depth=2, colour=0) for row in (b"aa", b"ab"))
    assert found(one, two) == {"PNG row 0, pixel 4": ("61", "62")}


def test_compression_alone_is_said_to_be_so() -> None:
    rows = (b"\0" + b"abcabcabcabc" * 40,)
    one, two = (png(rows=rows, size=(160, 1), level=level) for level in (0, 9))
    assert list(found(one, two)) == ["PNG compressed rows"]


def test_rows_past_the_bound_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.formats.nested._AT_ONCE", 3)
    assert list(found(png(), png(rows=(b"\1abcdef", b"\2ghijkm")))) == [
        "PNG rows beyond the first 3 bytes, not looked at"
    ]


def test_rows_of_another_layout_are_not_compared() -> None:
    other = png(rows=(b"\0a",), size=(1, 1), colour=0)
    assert list(found(png(), other)) == ["PNG width", "PNG height", "PNG colour type"]


def test_damage_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for image, reason in (
        (b"?" + png()[1:], "no PNG image"),
        (png(colour=1), "colour type 1"),
        (png(depth=3), "3 bits"),
        (png()[:8] + chunk(b"IEND", b""), "without a header"),
        (png(chunk(b"zTXt", b"a\0\0bad")), "damaged"),
        (png()[:-1], "bytes wanted"),
    ):
        with pytest.raises(ValueError, match=reason):
            found(image, png())
    monkeypatch.setattr(reader, "_CHUNKS", 2)
    with pytest.raises(ValueError, match="more than 2"):
        found(png(), png())
    monkeypatch.setattr(reader, "_TEXTS", 2)
    with pytest.raises(ValueError, match="more than 2 characters"):
        found(png(chunk(b"tEXt", b"a\0one")), png())
    monkeypatch.setattr(reader, "_LARGEST", 2)
    with pytest.raises(ValueError, match="more than 2"):
        found(png(), png())
