"""Arrow: metadata, columns and values by batch, in what Apache Arrow writes."""

import datetime as dt
import struct
from decimal import Decimal

import pytest

from harness.formats.elements import Part
from harness.formats.tables import arrow as explained
from harness.formats.tables.arrow import explain
from tests.formats.samples import arrow, ipc
from tests.formats.seeds import changed

LATE = dt.datetime(2020, 1, 2, 3, 4, 5)  # noqa: DTZ001, a type without time zone
TIMES = LATE, LATE.replace(second=6)


def column(first: object, second: object, compression: str = "") -> dict[str, tuple[str, str]]:
    """Return what differs in two tables of one column c."""
    return changed(
        "a.arrow", *(ipc({"c": it}, compression=compression or None) for it in (first, second))
    )


def test_names_metadata() -> None:
    first, second = (ipc({"a": [1]}, {"time": it}) for it in "12")
    assert changed("a.arrow", first, second) == {"Arrow metadata time": ("1", "2")}


@pytest.mark.parametrize("stream", [True, False])
def test_names_element_and_distance(stream: bool) -> None:
    first, second = (ipc({"c": [1.0, it]}, stream=stream) for it in (2.0, 2.0000000000000004))
    assert changed("a.arrow", first, second) == {
        "Arrow batch, column c: differing elements": ("1 of 2", "1 of 2"),
        "Arrow batch, column c: element [1] differs by 1 ULP": ("2.0", "2.0000000000000004"),
    }


@pytest.mark.parametrize("kind", ["string", "large_string", "binary", "large_binary"])
def test_names_texts(kind: str) -> None:
    first, second = (arrow.array(["x", None, it], getattr(arrow, kind)()) for it in ("yy", "yz"))
    assert column(first, second) == {"Arrow batch, column c: element [2]": ("yy", "yz")}


@pytest.mark.parametrize(
    ("type_", "first", "second", "values"),
    [
        ("int8", 1, -2, ("1", "-2")),
        ("uint64", 1, 2, ("1", "2")),
        ("date32", TIMES[0].date(), dt.date(2021, 1, 1), ("18263", "18628")),
        ("date64", TIMES[0].date(), dt.date(2021, 1, 1), ("1577923200000", "1609459200000")),
        ("time32", TIMES[0].time(), TIMES[1].time(), ("11045", "11046")),
        ("time64", TIMES[0].time(), TIMES[1].time(), ("11045000000", "11046000000")),
        ("timestamp", *TIMES, ("1577934245", "1577934246")),
        ("duration", TIMES[0] - TIMES[0], TIMES[1] - TIMES[0], ("0", "1")),
    ],
)
def test_reads_every_kind_of_number(
    type_: str, first: object, second: object, values: tuple[str, ...]
) -> None:
    unit = {"time32": "s", "time64": "us", "timestamp": "s", "duration": "s"}.get(type_)
    made = getattr(arrow, type_)(*([unit] if unit else []))
    found = column(arrow.array([first], made), arrow.array([second], made))
    assert found.get("Arrow batch, column c: element [0]", ()) == values


@pytest.mark.parametrize(
    ("first", "second", "field"),
    [
        ([True, False], [True, True], "batch, column c data"),
        ([Decimal("1.5")], [Decimal("2.5")], "batch, column c data"),
        ([[1], [2, 3]], [[1, 2], [3]], "batch, column c offsets"),
        ([[1], [2]], [[1], [3]], "batch, column c.item: element [1]"),
        ([{"a": 1}], [{"a": 2}], "batch, column c.a: element [0]"),
        ([1, None], [1, 2], "batch column c nulls"),
        ([1], [1, 2], "batch rows"),
        ([1], [1.5], "column c type"),
    ],
)
def test_names_the_buffer_or_field(first: object, second: object, field: str) -> None:
    assert f"Arrow {field}" in column(first, second)


def test_names_columns_and_their_order() -> None:
    one, other = ipc({"a": [1], "b": [2]}), ipc({"b": [2], "a": [1]})
    assert changed("a.arrow", one, other)["Arrow order of columns"] == ("a, b", "b, a")
    found = changed("a.arrow", ipc({"a": [1]}), ipc({"b": [1]}))
    assert found["Arrow column a type"] == ("int, bits 64, signed 1", "")
    times = [arrow.array(TIMES, arrow.timestamp("s", zone)) for zone in ("UTC", "Asia/Tokyo")]
    assert column(*times)["Arrow column c type"][1].endswith("time zone Asia/Tokyo")


def test_names_values_of_dictionaries_and_what_refers_to_them() -> None:
    first, second = (arrow.array(["x", it]).dictionary_encode() for it in "yz")
    assert column(first, second) == {"Arrow dictionary 0, column c: element [1]": ("y", "z")}
    first, second = (
        arrow.DictionaryArray.from_arrays(arrow.array(it), ["x", "y"]) for it in ([0, 1], [0, 0])
    )
    assert column(first, second)["Arrow batch, column c: element [1]"] == ("1", "0")


def test_names_codecs_and_packed_buffers() -> None:
    first, second = (ipc({"c": [1, 2]}, compression=it) for it in ("lz4", "zstd"))
    assert changed("a.arrow", first, second)["Arrow batch compression"] == ("LZ4", "ZSTD")


@pytest.mark.parametrize("codec", ["lz4", "zstd"])
def test_names_values_of_packed_buffers(codec: str) -> None:
    numbers = list(range(100)), [*range(99), 7]
    assert column(*numbers, compression=codec)["Arrow batch, column c: element [99]"] == ("99", "7")
    texts = ["x" * 50, "y"], ["x" * 50, "z"]
    assert column(*texts, compression=codec) == {"Arrow batch, column c: element [1]": ("y", "z")}
    (change,) = explain(*(ipc({"c": it}, compression=codec) for it in texts))
    assert change.offset is None


def test_packed_buffers_that_are_damaged_or_very_large_are_refused() -> None:
    unpack = explained._UNPACK["LZ4"]
    for data, reason in (
        (struct.pack("<q", 5) + b"no frame", "Arrow buffer"),
        (struct.pack("<q", 1 << 40) + b"x", "more than"),
    ):
        with pytest.raises(ValueError, match=reason):
            explained._unpacked(Part(content=data, start=0, size=len(data)), unpack)


def test_numbers_buffers_that_have_no_names() -> None:
    first, second = (arrow.array([it * 30], arrow.string_view()) for it in "ab")
    assert list(column(first, second)) == ["Arrow batch buffer 1", "Arrow batch buffer 2"]


def test_names_batches_that_one_side_lacks() -> None:
    chunks = [arrow.chunked_array(it) for it in ([[1]], [[1], [2]])]
    assert column(*chunks) == {"Arrow batch (2)": ("", "there")}
    assert column(*chunks[::-1]) == {"Arrow batch (2)": ("there", "")}


def test_equal_contents_have_no_changes() -> None:
    assert list(explain(ipc({"a": [1]}), ipc({"a": [1]}))) == []


def test_a_stream_may_end_without_a_mark() -> None:
    first, second = (ipc({"a": [it]}, stream=True)[:-8] for it in (1, 2))
    assert changed("a.arrows", first, second)["Arrow batch, column a: element [0]"] == ("1", "2")


GOOD = ipc({"a": ["x", "y"]}, stream=True)
BODY = GOOD.rindex(b"\0\0\0\0\1\0\0\0\2\0\0\0")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (GOOD[:5], "4 bytes wanted"),
        (b"\xff\xff\xff\xff\xff\xff\xff\x7f", "message of 2147483647"),
        (GOOD[: GOOD.index(b"\xff" * 4, 8)] + GOOD, "message 1 of kind 1"),
        (GOOD[:BODY] + struct.pack("<i", 2) + GOOD[BODY + 4 :], "Arrow text from 2 to 1"),
    ],
)
def test_damage_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        list(explain(content, GOOD))


def test_nesting_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explained, "_DEPTH", 2)
    content = ipc({"a": [[[1]]]})
    with pytest.raises(ValueError, match="nested 2 deep"):
        list(explain(content, content))


def test_the_number_of_messages_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explained, "_MESSAGES", 1)
    with pytest.raises(ValueError, match="more than 1 messages"):
        list(explain(GOOD, GOOD))


def test_unknown_messages_are_passed_over() -> None:
    start = GOOD.index(b"\xff" * 4, 8)
    kind = GOOD.index(b"\3", start)
    assert list(explain(GOOD[:kind] + b"\4" + GOOD[kind + 1 :], GOOD))


def test_batches_of_unknown_columns_are_read() -> None:
    *_, (message, body) = explained._messages(GOOD)
    batch = explained._read_batch(message.table(2), [], body)
    assert batch.fields == {"rows": 2}
    assert list(explained._buffers(batch)) == [""]
