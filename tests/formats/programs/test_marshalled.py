"""Marshal data as CPython writes it, read without making what it describes."""

import marshal
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.formats.change import BeyondBoundError
from harness.formats.cursor import Cursor
from harness.formats.programs.marshalled import Node, Reader

_FLAG_REF = 0x80
SCALARS: Any = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.complex_numbers(allow_nan=False)
)
VALUES: Any = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
_READ: dict[str, Any] = {
    "int": int,
    "float": float,
    "complex": lambda text: complex(*map(float, text.split(" + "))),
    "str": str,
    "bytes": bytes,
    "constant": {"None": None, "True": True, "False": False}.__getitem__,
}


def read(data: bytes, *, old_code: bool = False) -> Node:
    return Reader(Cursor(data), old_code=old_code).read()


def value(node: Node) -> Any:
    """Make the object again, up to integers of more than 40 digits."""
    node = node.meant
    parts = [value(part) for _, part in node.parts]
    match node.kind:
        case "tuple":
            return tuple(parts)
        case "list":
            return parts
        case "dict":
            return dict(zip(parts[::2], parts[1::2], strict=True))
    return _READ[node.kind](node.text)


@example({"NULL": "the end of a dictionary is none of its keys"}, 4)
@given(VALUES, st.sampled_from([2, 3, 4]))
def test_what_is_read_is_what_was_written(written: Any, version: int) -> None:
    assert value(read(marshal.dumps(written, version))) == written


@pytest.mark.parametrize("written", [{1, 2}, frozenset("ab")])
def test_sets_are_read_with_their_items(written: Any) -> None:
    node = read(marshal.dumps(written))
    assert node.kind == type(written).__name__
    assert {value(part) for _, part in node.parts} == written


@pytest.mark.parametrize(("written", "text"), [(..., "..."), (StopIteration, "StopIteration")])
def test_constants_have_their_names(written: Any, text: str) -> None:
    assert read(marshal.dumps(written)).text == text


def test_a_large_integer_is_shown_by_its_digits() -> None:
    assert read(marshal.dumps(-(2**600))).text == "-41 digits of 15 bits: " + "0 " * 40 + "1"


def test_a_reference_means_the_object_that_was_written_before() -> None:
    twice = "a text that is long enough" * 2
    first, second = (part for _, part in read(marshal.dumps((twice, twice, 1))).parts[:2])
    assert (first.kind, second.kind) == ("str", "reference")
    assert second.meant == first
    assert second.key == first.key
    assert int(second.text) == first.number


def test_a_reference_to_what_is_not_complete_means_nothing() -> None:
    around = read(bytes([ord("[") | _FLAG_REF]) + b"\1\0\0\0" + b"r\0\0\0\0")
    (_, inside), *_ = around.parts
    assert inside.meant is inside
    assert inside.parts == ()


@given(VALUES)
def test_how_a_value_is_written_does_not_change_its_key(written: Any) -> None:
    keys = {read(marshal.dumps(written, version)).key for version in (2, 3, 4)}
    assert len(keys) == 1


def test_other_values_have_other_keys() -> None:
    values: list[Any] = [
        1,
        1.0,
        "1",
        b"1",
        (1,),
        [1],
        (1, 1),
        ((1,), 1),
        ("", "1"),
        ("1", ""),
        None,
        True,
    ]
    assert len({read(marshal.dumps(one)).key for one in values}) == len(values)


def test_each_object_says_where_it_lies() -> None:
    data = marshal.dumps((1, "ab"), 2)
    node = read(data)
    assert (node.start, node.end) == (0, len(data))
    (_, one), (_, two) = node.parts
    assert data[one.start : one.end] == marshal.dumps(1, 2)
    assert data[two.start : two.end] == marshal.dumps("ab", 2)
    assert one.end == two.start


def test_code_has_its_parts_by_name() -> None:
    code = compile("def f(a, b=1): return a", "a.py", "exec", dont_inherit=True)
    parts = dict(read(marshal.dumps(code)).parts)
    inner = next(part for _, part in parts["constants"].meant.parts if part.kind == "code")
    assert value(parts["filename"]) == "a.py"
    assert parts["flags"].text == str(code.co_flags)
    assert value(parts["instructions"]) == code.co_code
    assert dict(inner.parts)["argument count"].text == "2"
    assert value(dict(inner.parts)["qualified name"]) == "f"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "bytes wanted"),
        (b"?", "no marshal type"),
        (b"r\5\0\0\0", "reference to object 5 of 0"),
        (b"(\xff\xff\xff\x7f", "items in 0 bytes"),
        (b"s\xff\0\0\0abc", "bytes wanted"),
        (b"u\1\0\0\0\xff", "utf-8"),
    ],
)
def test_damage_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read(data)


@given(st.binary())
def test_whatever_the_bytes_are_they_are_read_or_refused(data: bytes) -> None:
    with suppress(ValueError, BeyondBoundError):
        assert read(data).end <= len(data)


def test_what_nests_too_deeply_and_what_has_too_many_objects_is_not_read() -> None:
    with pytest.raises(BeyondBoundError, match="101 deep"):
        read(b"(\1\0\0\0" * 200)
    with pytest.raises(BeyondBoundError, match="300001 objects"):
        read(marshal.dumps([None] * 300_001, 2))
