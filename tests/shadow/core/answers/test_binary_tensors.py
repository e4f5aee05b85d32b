import json
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from harness.record.core.exchange import LENGTH_HEADER, Headers
from harness.shadow.core.answers import binary_tensors, protocols
from harness.shadow.core.answers.answer import Reply, read
from harness.shadow.core.answers.binary_tensors import filled, json_size
from harness.shadow.core.answers.literals import decode

NUMBERS = {
    "INT8": "<i1",
    "INT16": "<i2",
    "INT32": "<i4",
    "INT64": "<i8",
    "UINT8": "<u1",
    "UINT16": "<u2",
    "UINT32": "<u4",
    "UINT64": "<u8",
    "FP16": "<f2",
    "FP32": "<f4",
    "FP64": "<f8",
}
TENSORS = st.sampled_from(sorted(NUMBERS)).flatmap(
    lambda datatype: st.tuples(
        st.just(datatype),
        arrays.arrays(NUMBERS[datatype], arrays.array_shapes(min_dims=0, min_side=0, max_side=4)),
    )
)


def output(name: str, datatype: str, shape: list[int], size: int, **more: Any) -> dict[str, Any]:
    parameters = {"binary_data_size": size} | more
    return {"name": name, "datatype": datatype, "shape": shape, "parameters": parameters}


def document(*outputs: Any) -> Any:
    return decode(json.dumps({"model_name": "m", "outputs": outputs}).encode())


def data(found: Any, place: int = 0) -> list[Any]:
    held: list[Any] = found["outputs"][place]["data"]
    return held


@given(st.lists(TENSORS, max_size=4))
def test_numbers_are_those_that_numpy_wrote(tensors: list[tuple[str, Any]]) -> None:
    outputs = [
        output(str(place), datatype, list(values.shape), values.nbytes)
        for place, (datatype, values) in enumerate(tensors)
    ]
    binary = b"".join(values.tobytes() for _, values in tensors)
    as_literals = filled(document(*outputs), binary)
    as_doubles = filled(document(*outputs), binary, as_doubles=True)
    for place, (datatype, values) in enumerate(tensors):
        if datatype.startswith("FP"):
            doubles = np.array(data(as_doubles, place), "f8")
            literal = np.array([float(each) for each in data(as_literals, place)], "f8")
            np.testing.assert_array_equal(doubles, values.ravel().astype("f8"))
            np.testing.assert_array_equal(np.signbit(doubles), np.signbit(values.ravel()))
            np.testing.assert_array_equal(literal, doubles)
        else:
            said = [str(each).encode() for each in values.ravel().tolist()]
            assert data(as_literals, place) == data(as_doubles, place) == said


@given(st.lists(st.integers(0, 2**16 - 1), max_size=20))
def test_a_brain_float_is_the_upper_half_of_a_float(upper: list[int]) -> None:
    halves = np.array(upper, "<u2")
    (found,) = filled(
        document(output("x", "BF16", [len(upper)], halves.nbytes)),
        halves.tobytes(),
        as_doubles=True,
    )["outputs"]
    with np.errstate(invalid="ignore"):  # a signalling NaN
        known = (halves.astype("<u4") << 16).view("<f4").astype("f8")
    np.testing.assert_array_equal(np.array(found["data"], "f8"), known)


def test_what_is_no_number_is_written_as_servers_write_it() -> None:
    binary = np.array([np.nan, np.inf, -np.inf, -0.0], "<f4").tobytes()
    found = filled(document(output("x", "FP32", [4], 16)), binary)
    assert data(found) == [b"NaN", b"Infinity", b"-Infinity", b"-0.0"]


@given(st.lists(st.binary(max_size=9), max_size=5))
def test_elements_of_bytes_keep_every_byte(elements: list[bytes]) -> None:
    binary = b"".join(struct.pack("<I", len(each)) + each for each in elements)
    found = filled(document(output("x", "BYTES", [len(elements)], len(binary))), binary)
    assert [text.encode(errors="surrogateescape") for text in data(found)] == elements


def test_truths_are_those_of_json() -> None:
    found = filled(document(output("x", "BOOL", [2, 1], 2)), b"\1\0")
    assert data(found) == [True, False]


@given(arrays.arrays("<f8", (2, 3)))
def test_an_answer_is_the_same_in_json_and_in_bytes(values: Any) -> None:
    in_json = {"name": "x", "datatype": "FP64", "shape": [2, 3], "data": values.tolist()}
    body = json.dumps({"outputs": [in_json]}).encode()
    told = read(Reply(outcome="200", body=body), protocols.OPEN_INFERENCE)
    found = filled(document(output("x", "FP64", [2, 3], 48)), values.tobytes())
    assert data(found) == told["outputs.x"].data


def test_outputs_in_json_stand_beside_those_in_bytes() -> None:
    plain = {"name": "y", "datatype": "INT8", "shape": [1], "data": [1], "parameters": {"a": 1}}
    asked = document(output("x", "INT8", [1], 1, top=3), plain, output("z", "UINT8", [1], 1))
    before = json.dumps(asked, default=bytes.decode)
    found = filled(asked, b"\xff\xff")
    assert [data(found, place) for place in range(3)] == [[b"-1"], [b"1"], [b"255"]]
    assert found["outputs"][0]["parameters"] == {"top": b"3"}
    assert found["outputs"][1] == asked["outputs"][1]
    assert "parameters" not in found["outputs"][2]
    assert found["model_name"] == "m"
    assert json.dumps(asked, default=bytes.decode) == before


@pytest.mark.parametrize(
    ("asked", "binary", "wrong"),
    [
        ([], b"x", "without outputs"),
        ({"outputs": {}}, b"x", "without outputs"),
        (document(), b"x", "1 bytes belong to no output"),
        (document("text", {"name": "x"}, {"parameters": 1}), b"x", "belong to no output"),
        (document(output("x", "INT8", [2], 2)), b"x", "end early"),
        (document(output("x", "INT8", [2], 1)), b"x", "fill their shape"),
        (document(output("x", "INT16", [2], -4)), b"1234", "a size is not a size"),
        (document(output("x", "INT16", [-2], 4)), b"1234", "a size is not a size"),
        (document(output("x", "INT16", [True], 4)), b"1234", "a size is not a size"),
        (document(output("x", "INT16", [10**30], 4)), b"1234", "a size is not a size"),
        (document(output("x", "INT9", [4], 4)), b"1234", "unknown type"),
        (document(output("x", "INT8", [1] * 65, 1)), b"1", "type or shape"),
        (document({"parameters": {"binary_data_size": 1}}), b"1", "type or shape"),
        (document({"datatype": "INT8", "parameters": {"binary_data_size": 1}}), b"1", "or shape"),
        (document(output("x", "INT8", [10**9, 10**9], 1)), b"1", "more than"),
        (document(output("x", "BYTES", [10**9], 1)), b"1", "more than"),
        (document(output("x", "BOOL", [1], 1)), b"\2", "neither 0 nor 1"),
        (document(output("x", "BYTES", [1], 3)), b"\0\0\0", "fill their shape"),
        (document(output("x", "BYTES", [1], 5)), b"\2\0\0\0a", "fill their shape"),
        (document(output("x", "BYTES", [1], 6)), b"\1\0\0\0ab", "fill their shape"),
    ],
)
def test_refuses_bytes_that_are_not_announced(asked: Any, binary: bytes, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        filled(asked, binary)


def test_a_document_without_outputs_and_bytes_stays_as_it_is() -> None:
    assert filled({"error": "busy"}, b"") == {"error": "busy"}


@pytest.mark.parametrize(
    ("headers", "size"),
    [
        ((), None),
        ((("Content-Length", "9"),), None),
        ((("Inference-Header-Content-Length", "2"),), 2),
        ((("content-type", "x"), ("inference-HEADER-content-length", " 4\t")), 4),
    ],
)
def test_a_header_says_how_much_is_json(headers: Headers, size: int | None) -> None:
    assert json_size(headers, b"{}..") == size


@pytest.mark.parametrize("said", ["", "-1", "+1", "5", "1.0", "0x1", "\xb2", "1" * 5000, "1, 1"])
def test_refuses_a_length_that_is_none_of_the_body(said: str) -> None:
    with pytest.raises(ValueError, match="the JSON"):
        json_size(((LENGTH_HEADER, said),), b"{}..")


def test_refuses_a_length_that_is_said_twice() -> None:
    with pytest.raises(ValueError, match="twice"):
        json_size(((LENGTH_HEADER, "2"), (LENGTH_HEADER.title(), "2")), b"{}..")


def test_values_of_all_outputs_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binary_tensors, "MAX_VALUES", 3)
    asked = document(output("x", "INT8", [2], 2), output("y", "INT8", [2], 2))
    with pytest.raises(ValueError, match="more than 3 values"):
        filled(asked, b"1234")
