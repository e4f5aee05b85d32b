import base64
import gzip
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InputError
from harness.record.core.exchange import Exchange
from harness.record.core.importers import cloud_events
from harness.record.core.importers.found import Found, LeftOut
from tests.damaged_documents import damaged

KSERVE = "org.kubeflow.serving.inference"
SELDON = "io.seldon.serving.inference"
INPUTS = '{"inputs": [{"name": "x", "shape": [1], "datatype": "FP64", "data": [1.0]}]}'
INSTANCES = '{"instances": [[6.8, 2.8], [1.00, 12345678901234567890]]}'


def _read(*lines: str) -> list[Found]:
    return list(cloud_events.exchanges([f"{line}\n".encode() for line in lines], "e.jsonl"))


def _exchange(*lines: str) -> Exchange:
    (found,) = _read(*lines)
    assert isinstance(found, Exchange)
    return found


def _structured(kind: str, data: str, **more: Any) -> str:
    """An event as CloudEvents 1.0 writes it, with data that keeps its text."""
    attributes = {
        "specversion": "1.0",
        "id": "1",
        "type": f"{KSERVE}.{kind}",
        "source": "http://localhost:9081/",
        "time": "2026-03-01T10:00:00.25Z",
        "datacontenttype": "application/json",
        "inferenceservicename": "sklearn-iris",
        "component": "predictor",
        "metadata": '{"X-Request-Id": ["abc"]}',
    } | more
    return json.dumps(attributes)[:-1] + f', "data": {data}}}'


def test_a_request_and_its_answer_are_an_exchange() -> None:
    found = _exchange(
        _structured("request", INSTANCES), _structured("response", '{"predictions": [1, 1.50]}')
    )
    assert found.request.method == "POST"
    assert found.request.target == "/v1/models/sklearn-iris:predict"
    assert found.request.headers == (
        ("Content-Type", "application/json"),
        ("X-Request-Id", "abc"),
    )
    assert found.request.body == INSTANCES.encode()
    assert found.response
    assert (found.response.status, found.response.body) == (200, b'{"predictions": [1, 1.50]}')


def test_inputs_are_asked_for_by_open_inference() -> None:
    found = _exchange(_structured("request", INPUTS, inferenceservicename="a b/c"))
    assert found.request.target == "/v2/models/a%20b%2Fc/infer"
    assert found.response is None


def test_data_may_be_binary_or_a_text_of_json() -> None:
    data = base64.b64encode(b"\x00\xff").decode()
    event = json.loads(_structured("request", "0", metadata=json.dumps(
        {"Inference-Header-Content-Length": ["1"], "Content-Type": ["application/octet-stream"]}
    )))  # fmt: skip
    del event["data"]
    found = _exchange(json.dumps(event | {"data_base64": data}))
    assert found.request.body == b"\x00\xff"
    assert found.request.target == "/v2/models/sklearn-iris/infer"
    assert ("Content-Type", "application/octet-stream") in found.request.headers
    assert _exchange(_structured("request", json.dumps(INPUTS))).request.body == INPUTS.encode()


def test_exchanges_keep_the_order_and_the_times_of_the_requests() -> None:
    lines = [
        _structured("request", INPUTS, id="a", time="2026-03-01T10:00:00Z"),
        _structured("request", INPUTS, id="b", time="2026-03-01T10:00:01.5Z"),
        _structured("response", '"b"', id="b"),
        _structured("request", INPUTS, id="a", time="2026-03-01T10:00:00.5Z"),
        _structured("response", '"a1"', id="a"),
        _structured("response", '"a2"', id="a"),
    ]
    found = [each for each in _read(*lines) if isinstance(each, Exchange)]
    assert [each.at for each in found] == [0.0, 1.5, 0.5]
    assert [each.response and each.response.body for each in found] == [b'"a1"', b'"b"', b'"a2"']


def test_an_answer_may_be_logged_before_its_request() -> None:
    found = _exchange(_structured("response", "{}"), _structured("request", INPUTS))
    assert found.response


def test_steps_of_a_graph_share_an_id_and_not_their_answers() -> None:
    kinds = {"type": f"{SELDON}.request"}, {"type": f"{SELDON}.response"}
    lines = [
        _structured("", INPUTS, modelid="first", **kinds[0]),
        _structured("", INPUTS, modelid="second", **kinds[0]),
        _structured("", '"of second"', modelid="second", **kinds[1]),
        _structured("", '"of first"', modelid="first", **kinds[1]),
    ]
    found = [each for each in _read(*lines) if isinstance(each, Exchange)]
    assert [each.response and each.response.body for each in found] == [
        b'"of first"', b'"of second"',
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ('{"inputs": []}', "/v2/models/sklearn-iris/infer"),
        ('{"inputs": [[1, 2]]}', "/v1/models/sklearn-iris:predict"),
        ('{"inputs": {"a": [1]}}', "/v1/models/sklearn-iris:predict"),
        ('{"instances": []}', "/v1/models/sklearn-iris:predict"),
    ],
)
def test_the_path_follows_from_the_data(data: str, path: str) -> None:
    assert _exchange(_structured("request", data)).request.target == path


def test_an_event_may_be_the_request_that_carried_it() -> None:
    headers = {
        "Ce-Id": "7",
        "ce-requestid": "r",
        "ce-type": f"{SELDON}.request",
        "ce-modelid": "wine",
        "ce-time": "2026-03-01T10:00:00Z",
        "content-type": "application/json",
        "authorization": "never kept",
    }
    asked = json.dumps({"path": "/", "headers": headers, "method": "POST", "body": INPUTS})
    headers |= {"Ce-Id": "8", "ce-type": f"{SELDON}.response"}
    found = _exchange(asked, json.dumps({"headers": headers, "body": '{"outputs": []}'}))
    assert found.request.target == "/v2/models/wine/infer"
    assert found.request.headers == (("Content-Type", "application/json"),)
    assert found.request.body == INPUTS.encode()
    assert found.response
    assert found.response.body == b'{"outputs": []}'


def test_an_event_may_be_what_kserve_stores() -> None:
    def stored(kind: str, data: str) -> dict[str, Any]:
        return {
            "Url": {"Scheme": "s3"},
            "Bytes": base64.b64encode(data.encode()).decode(),
            "ContentType": "application/json",
            "ReqType": f"{KSERVE}.{kind}",
            "Id": "1",
            "InferenceService": "iris",
            "Metadata": {"X-Tenant": ["t"]} if kind == "request" else None,
        }

    without = {
        name: value for name, value in stored("request", INPUTS).items() if name != "ContentType"
    }
    assert _exchange(json.dumps(without)).request.headers[0] == ("Content-Type", "application/json")

    line = json.dumps([stored("request", INPUTS), stored("response", "{}")])
    found = _exchange(line)
    assert found.request.target == "/v2/models/iris/infer"
    assert ("X-Tenant", "t") in found.request.headers
    assert found.response
    assert found.response.body == b"{}"


def test_an_event_may_be_the_payload_that_mlserver_marks() -> None:
    def payload(kind: str, **more: Any) -> str:
        headers = {"Ce-Id": "1", "Ce-Type": f"{SELDON}.{kind}", "Ce-Modelid": "wine"}
        return json.dumps({"id": "1", "parameters": {"headers": headers, **more}, "inputs": []})

    found = _exchange(payload("request"), payload("response", n=1))
    assert json.loads(found.request.body) == {"id": "1", "inputs": []}
    assert found.response
    assert json.loads(found.response.body)["parameters"] == {"n": 1}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (_structured("response", "{}"), "an answer without its request"),
        (_structured("request", INPUTS, inferenceservicename=""), "model or protocol"),
        (_structured("request", '{"rows": 1}'), "model or protocol"),
        (_structured("request", "[1]"), "model or protocol"),
        (_structured("request", '"no json"', datacontenttype="text/csv"), "model or protocol"),
        (_structured("outlier", "{}"), "no event of a request or an answer"),
        (_structured("request", INPUTS, component="transformer"), "another component"),
        ("{}", "no event of a request or an answer"),
        ("2026/03/01 10:00:00 listening", "no event of a request or an answer"),
        ("[2026-03-01 10:00:00 +0000] [1] [INFO] Starting", "no event of a request or an answer"),
        ("[" * 9999, "no event of a request or an answer"),
    ],
)
def test_what_cannot_be_asked_again_is_left_out_with_the_reason(line: str, said: str) -> None:
    (found,) = _read("", line)
    assert isinstance(found, LeftOut)
    assert said in found.reason


def test_a_time_that_is_none_is_none() -> None:
    assert _exchange(_structured("request", INPUTS, time="soon")).at == 0.0


@pytest.mark.parametrize(
    "line", ["{", "[5]", "{\ud800", '{"a":' * 9999, _structured("request", "1", metadata="[")]
)
def test_a_line_that_is_no_event_is_named(line: str) -> None:
    data = line.encode(errors="surrogatepass")
    with pytest.raises(InputError, match=r"e\.jsonl: line 2 is not an event as JSON .*jq -c"):
        list(cloud_events.exchanges([b"\n", data], "e.jsonl"))


@given(
    damaged(json.loads(_structured("request", INPUTS)))
    | damaged({"ReqType": "x", "Id": 1, "Bytes": "", "Metadata": {"a": ["b"]}, "ContentType": ""})
    | damaged({"headers": {"ce-type": "x"}, "body": "{}", "parameters": {"headers": {"a": "b"}}})
)
def test_no_event_breaks_the_reader(event: dict[str, Any]) -> None:
    with suppress(InputError):
        _read(json.dumps(event, default=str))


@given(st.binary())
def test_no_bytes_break_the_reader(data: bytes) -> None:
    with suppress(InputError):
        list(cloud_events.exchanges([data], "e.jsonl"))


@pytest.mark.parametrize("told", [{}, {"Content-Encoding": ["gzip"]}])
def test_a_payload_in_gzip_is_asked_again_as_it_was_sent(told: dict[str, list[str]]) -> None:
    body = json.dumps({"instances": [[1.0]]}).encode()
    packed = base64.b64encode(gzip.compress(body, mtime=0)).decode()
    common = {"Id": "1", "InferenceService": "wine", "Bytes": packed, "Metadata": told}
    asked = {**common, "ReqType": "org.kubeflow.serving.inference.request"}
    said = {**common, "ReqType": "org.kubeflow.serving.inference.response"}
    found = _exchange(json.dumps(asked), json.dumps(said))
    assert found.request.target == "/v1/models/wine:predict"
    assert gzip.decompress(found.request.body) == body
    names = [name.lower() for name, _ in found.request.headers]
    assert names.count("content-encoding") == 1
    assert found.response is not None
    assert found.response.body == body


def test_a_payload_that_only_begins_as_gzip_does_stays_as_it_is() -> None:
    packed = base64.b64encode(b"\x1f\x8bno gzip").decode()
    asked = {"Id": "1", "InferenceService": "wine", "Bytes": packed}
    (found,) = _read(json.dumps({**asked, "ReqType": "org.kubeflow.serving.inference.request"}))
    assert isinstance(found, LeftOut)
