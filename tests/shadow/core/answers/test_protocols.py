import json
from typing import Any

import pytest

from harness.record.core.exchange import Response
from harness.shadow.core.answers import protocols
from harness.shadow.core.answers.answer import read, reply_to
from harness.shadow.core.answers.comparison import compare
from harness.shadow.core.answers.levels import Level, Rules
from harness.shadow.core.answers.protocols import PROTOCOLS, Outputs, Protocol
from harness.shadow.core.answers.tensor import Tensor


def _scored(document: Any) -> Outputs | None:
    match document:
        case {"outputs": dict(scores)}:
            return {
                name: ({}, Tensor(datatype="FP32", shape=(1,), data=[value]))
                for name, value in scores.items()
            }
    return None


def test_a_protocol_is_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PROTOCOLS, "scored", Protocol(health="/alive", outputs=_scored))
    protocol = protocols.named("scored")
    replies = [
        reply_to(Response(status=200, headers=(), body=json.dumps(body).encode()))
        for body in ({"outputs": {"a": 0.5}}, {"outputs": {"a": 0.7}}, {"other": 1})
    ]
    assert protocol.health == "/alive"
    assert read(replies[0], protocol)["outputs.a"].datatype == "FP32"
    assert [*read(replies[2], protocol)] == ["other"]
    level, (difference,) = compare(replies[0], replies[1], protocol, Rules())
    assert (level, difference.field) == (Level.BEYOND, "outputs.a")


def test_a_name_without_a_row_is_refused_with_those_that_have_one() -> None:
    with pytest.raises(ValueError, match="none of open-inference-v2, mlflow, json"):
        protocols.named("grpc")
