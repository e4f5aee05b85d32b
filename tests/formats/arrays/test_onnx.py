"""ONNX: fields by name, nodes and tensors by theirs, in what the library writes."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.onnx_ml_pb2 import DESCRIPTOR

from harness.formats.arrays.onnx import explain
from harness.formats.arrays.onnx_schema import MESSAGES
from tests.formats.samples import onnx_model
from tests.formats.seeds import changed


def of(first: onnx.ModelProto, second: onnx.ModelProto) -> dict[str, tuple[str, str]]:
    return changed("a.onnx", first.SerializeToString(), second.SerializeToString())


def test_names_fields_of_the_model() -> None:
    first = onnx_model(producer_name="a", doc_string="b")
    assert of(first, onnx_model(producer_name="c", doc_string="d")) == {
        "ONNX producer_name": ("a", "c"),
        "ONNX doc_string": ("b", "d"),
    }


def test_names_the_element_of_a_tensor_and_its_distance() -> None:
    assert of(onnx_model(1.0), onnx_model(1.0000001)) == {
        "ONNX graph.initializer w: differing elements": ("1 of 4", "1 of 4"),
        "ONNX graph.initializer w: element [1, 1] differs by 1 ULP": ("1.0", "1.0000001192092896"),
    }


def test_the_tables_of_fields_are_those_of_the_library() -> None:
    kinds = {
        1: "double",
        2: "float",
        3: "int",
        4: "int",
        5: "int",
        9: "text",
        12: "bytes",
        14: "int",
    }
    messages = list(DESCRIPTOR.message_types_by_name.values())
    for message in messages:
        messages += message.nested_types
        name = message.full_name.removeprefix("onnx.")
        assert MESSAGES[name] == {
            field.number: (
                field.name,
                field.message_type.full_name.removeprefix("onnx.")
                if field.message_type
                else kinds[field.type],
            )
            for field in message.fields
        }
    assert len(MESSAGES) == len(messages)


def test_names_nodes_and_their_attributes() -> None:
    first, second = onnx_model(), onnx_model()
    for model, axes in ((first, [0, 1]), (second, [1, 0])):
        node = helper.make_node("Squeeze", ["x"], ["z"], doc_string="a", axes=axes)
        model.graph.node.append(node)
    second.graph.node[0].op_type = "Gemm"
    assert of(first, second) == {
        "ONNX graph.node mul.op_type": ("MatMul", "Gemm"),
        "ONNX graph.node z.attribute axes.ints": ("[0, 1]", "[1, 0]"),
    }


def test_names_the_order_of_nodes() -> None:
    first, second = onnx_model(), onnx_model()
    relu = helper.make_node("Relu", ["x"], ["z"], name="relu")
    first.graph.node.append(relu)
    second.graph.node.insert(0, relu)
    assert of(first, second) == {"ONNX graph.node order": ("mul, relu", "relu, mul")}


def test_names_what_one_side_lacks() -> None:
    first, second = onnx_model(), onnx_model()
    helper.set_model_props(second, {"time": "now"})
    assert of(first, second) == {"ONNX metadata_props time": ("", "11 bytes")}
    assert of(second, first) == {"ONNX metadata_props time": ("11 bytes", "")}


def test_compares_by_place_what_is_called_otherwise() -> None:
    first, second = onnx_model(), onnx_model()
    second.graph.node[0].name = "mul_7"
    assert of(first, second) == {"ONNX graph.node mul.name": ("mul", "mul_7")}


@pytest.mark.parametrize(
    ("first", "second", "field", "values"),
    [
        (helper.make_tensor("t", TensorProto.FLOAT, [2], [1, 2]),
         helper.make_tensor("t", TensorProto.FLOAT, [2], [1, 3]),
         ": element [1] differs by 4194304 ULP", ("2.0", "3.0")),
        (helper.make_tensor("t", TensorProto.COMPLEX64, [1], np.array([1 + 2j])),
         helper.make_tensor("t", TensorProto.COMPLEX64, [1], np.array([1 + 3j])),
         ": element [1] differs by 4194304 ULP", ("2.0", "3.0")),
        (helper.make_tensor("t", TensorProto.INT64, [2], [1, -2]),
         helper.make_tensor("t", TensorProto.INT64, [2], [1, -3]),
         ".int64_data", ("[1, -2]", "[1, -3]")),
        (helper.make_tensor("t", TensorProto.DOUBLE, [1], [1.5]),
         helper.make_tensor("t", TensorProto.DOUBLE, [2], [1.5, 2.5]),
         ".double_data", ("1.5", "[1.5, 2.5]")),
        (helper.make_tensor("t", TensorProto.FLOAT8E5M2, [2], b"ab", raw=True),
         helper.make_tensor("t", TensorProto.FLOAT8E5M2, [2], b"ac", raw=True),
         ": element [1]", ("62", "63")),
        (numpy_helper.from_array(np.array(["a", "b"], object), "t"),
         numpy_helper.from_array(np.array(["a", "c"], object), "t"),
         ".string_data", ("[b'a', b'b']", "[b'a', b'c']")),
        (TensorProto(name="t", data_type=6, dims=[3], raw_data=b"abc"),
         TensorProto(name="t", data_type=6, dims=[3], raw_data=b"abd"),
         ": element [2]", ("63", "64")),
    ],
)  # fmt: skip
def test_reads_every_way_to_store_elements(
    first: TensorProto, second: TensorProto, field: str, values: tuple[str, str]
) -> None:
    models = onnx_model(), onnx_model()
    for model, tensor in zip(models, (first, second), strict=True):
        model.graph.initializer.append(tensor)
    assert of(*models)[f"ONNX graph.initializer t{field}"] == values


def test_unknown_fields_are_called_by_their_number() -> None:
    first = onnx_model().SerializeToString()
    assert changed("a.onnx", first + b"\xfa\7\1a", first + b"\xfa\7\1b") == {
        "ONNX field 127": ("b'a'", "b'b'")
    }
    assert changed("a.onnx", first + b"\xf8\7\1", first + b"\xf8\7\2") == {
        "ONNX field 127": ("1", "2")
    }


def test_equal_contents_have_no_changes() -> None:
    content = onnx_model().SerializeToString()
    assert list(explain(content, content)) == []


def nested(depth: int, end: str) -> bytes:
    """Return types of optionals of types, and so on."""
    model = onnx_model()
    inner = model.graph.input.add(name="deep").type
    for _ in range(depth):
        inner = inner.optional_type.elem_type
    inner.denotation = end
    content: bytes = model.SerializeToString()
    return content


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        (nested(20, "a"), nested(20, "b"), "more than 30 deep"),
        (b"\x38\1", b"\x38\2", "no GraphProto"),
        (b"\x10\1", b"\x10\2", "no text"),
    ],
)
def test_damage_is_refused(first: bytes, second: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        list(explain(first, second))
