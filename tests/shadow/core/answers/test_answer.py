import json
from typing import Any

import pytest
from hypothesis import given

from harness.record.core.exchange import Headers, Response
from harness.shadow.core.answers import answer, protocols
from harness.shadow.core.answers.answer import MALFORMED, Answer, Reply, reply_to
from harness.shadow.core.answers.protocols import Protocol
from harness.shadow.core.answers.tensor import Tensor
from tests.shadow.core.answers.test_literals import DOCUMENTS

V2 = protocols.OPEN_INFERENCE


def read(text: bytes, protocol: Protocol, json_size: int | None = None) -> Answer:
    return answer.read(Reply(outcome="200", body=text, json_size=json_size), protocol)


def tensor(datatype: str, shape: tuple[int, ...], *data: Any) -> Tensor:
    return Tensor(datatype=datatype, shape=shape, data=list(data))


def output(**changes: Any) -> dict[str, Any]:
    return {"name": "y", "datatype": "FP64", "shape": [2, 2], "data": [1, 2.5, 3, 4]} | changes


def body(*outputs: Any, **others: Any) -> bytes:
    return json.dumps({"outputs": outputs} | others).encode()


@pytest.mark.parametrize("data", [[1, 2.5, 3, 4], [[1, 2.5], [3, 4]]])
def test_nested_and_flat_data_are_the_same_tensor(data: Any) -> None:
    assert read(body(output(data=data)), V2) == {
        "outputs.y": tensor("FP64", (2, 2), b"1", b"2.5", b"3", b"4")
    }


def test_fields_beside_the_tensors_are_fields() -> None:
    found = read(body(output(parameters={"content_type": "np"}), id="7", model_name="m"), V2)
    assert found.keys() == {"outputs.y", "outputs.y.parameters.content_type", "model_name"}


def test_an_empty_tensor_has_its_shape() -> None:
    found = read(body(output(shape=[0, 3], data=[])), V2)
    assert found == {"outputs.y": tensor("FP64", (0, 3))}


@pytest.mark.parametrize(
    "outputs",
    [
        [output(shape=[3])],
        [output(shape=[-2, -2])],
        [output(shape=["2", 2])],
        [output(shape=[1] * 65, data=[1])],
        [output(data=[[1, 2, 3], [4]])],
        [output(datatype=1)],
        [output(), output()],
        [1],
    ],
)
def test_what_breaks_the_protocol_is_read_as_json(outputs: list[Any]) -> None:
    assert read(body(*outputs), V2) == read(body(*outputs), protocols.JSON)


def test_an_error_is_read_as_json() -> None:
    assert read(b'{"error": "no model"}', V2) == {"error": tensor("string", (), "no model")}
    assert read(b'{"outputs": 1}', V2) == {"outputs": tensor("integer", (), b"1")}


def test_predictions_of_mlflow_are_fields_by_path() -> None:
    rows = [
        {"label": "a", "score": 0.5, "of": {"n": 1}},
        {"label": "b", "score": 1, "of": {"n": 2}},
    ]
    assert read(json.dumps({"predictions": rows}).encode(), protocols.MLFLOW) == {
        "predictions[].label": tensor("string", (2,), "a", "b"),
        "predictions[].score": tensor("number", (2,), b"0.5", b"1"),
        "predictions[].of[].n": tensor("integer", (2,), b"1", b"2"),
    }


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("[[1, 2], [3, 4]]", {"body": tensor("integer", (2, 2), b"1", b"2", b"3", b"4")}),
        (
            "[[1], [2, 3]]",
            {"[0]": tensor("integer", (1,), b"1"), "[1]": tensor("integer", (2,), b"2", b"3")},
        ),
        ("[true, false]", {"body": tensor("boolean", (2,), True, False)}),
        ("null", {"body": tensor("null", (), None)}),
        ("{}", {"body": tensor("empty", (), {})}),
        ("[]", {"body": tensor("empty", (0,))}),
        ('{"a b": NaN}', {'["a b"]': tensor("number", (), b"NaN")}),
        (
            '[{"a": 1}, {"b": 2}]',
            {"[0].a": tensor("integer", (), b"1"), "[1].b": tensor("integer", (), b"2")},
        ),
        (
            '[1, {"a": 2}]',
            {"[0]": tensor("integer", (), b"1"), "[1].a": tensor("integer", (), b"2")},
        ),
    ],
)
def test_json_becomes_tensors_by_path(text: str, fields: answer.Answer) -> None:
    assert read(text.encode(), protocols.JSON) == fields


def test_what_is_not_json_is_one_field() -> None:
    found = read(b"\x00", protocols.JSON)
    assert found["body"] == tensor("text", (), "\x00")
    assert read(b"\xff\xff", protocols.JSON)["body"] == tensor("bytes", (), b"\xff\xff")


def test_more_fields_than_can_be_told_apart_are_one() -> None:
    ragged = [[0] * (1 + index % 2) for index in range(answer.MAX_FIELDS + 1)]
    assert read(json.dumps(ragged).encode(), protocols.JSON)["body"].datatype == "object"


@given(DOCUMENTS)
def test_no_value_of_a_document_is_lost(document: Any) -> None:
    found = read(json.dumps(document).encode(), protocols.JSON)
    assert sum(leaves(value) for each in found.values() for value in each.data) == leaves(document)


def leaves(document: Any) -> int:
    if isinstance(document, list | dict):
        return sum(map(leaves, document.values() if isinstance(document, dict) else document))
    return 1


@pytest.mark.parametrize(
    ("outcome", "succeeded"), [("200", True), ("204", True), ("500", False), ("2", False)]
)
def test_success_is_a_status_of_the_200s(outcome: str, succeeded: bool) -> None:
    assert Reply(outcome=outcome, body=b"").succeeded is succeeded


LENGTH = "Inference-Header-Content-Length"
SIGNED = {"name": "y", "datatype": "INT8", "shape": [1], "parameters": {"binary_data_size": 1}}


@pytest.mark.parametrize(
    ("headers", "outcome", "size"),
    [
        ((), "200", None),
        (((LENGTH, "2"),), "200", 2),
        (((LENGTH, "3"),), MALFORMED, None),
        (((LENGTH, "-1"),), MALFORMED, None),
        (((LENGTH, "1"), (LENGTH.lower(), "1")), MALFORMED, None),
    ],
)
def test_a_reply_is_what_the_headers_make_of_a_response(
    headers: Headers, outcome: str, size: int | None
) -> None:
    found = reply_to(Response(status=200, headers=headers, body=b"{}"))
    assert found == Reply(outcome=outcome, body=b"{}", json_size=size)
    assert found.succeeded is (outcome == "200")


def test_binary_tensors_are_those_of_open_inference_alone() -> None:
    head = body(SIGNED)
    assert read(head + b"\xff", V2, len(head)) == {"outputs.y": tensor("INT8", (1,), b"-1")}
    assert read(head + b"\xff", protocols.JSON, len(head))["body"].datatype == "bytes"
    assert read(b"?\xff", V2, 1) == {"body": tensor("bytes", (), b"?\xff")}


def test_binary_tensors_that_are_not_as_announced_are_one_field() -> None:
    head = body(SIGNED)
    assert read(head, V2, len(head)) == {"body": tensor("binary data end early", (), head)}


def test_a_long_key_is_shortened_and_stays_its_own() -> None:
    paths = [*read(json.dumps({"k" * 4000 + "1": 1, "k" * 4000 + "2": 2}).encode(), protocols.JSON)]
    assert len({*paths}) == 2
    assert all(len(path) < 300 for path in paths)
