"""Inference protocols: a row each, by the name that `[shadow]` has for it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.documents.key import unknown
from harness.shadow.core.answers.tensor import Tensor, rectangle

_MAX_RANK = 64
Outputs = Mapping[str, tuple[dict[str, Any], Tensor]]
"""Tensors by name, each with the object that it stands in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """How services are asked whether they are ready, and their answers read.

    `health` is the path that says so. Where `is_binary`, the values of tensors may follow the JSON;
    where `echoes_id`, an answer has the id of its request. `outputs` returns the tensors that a
    document names, or None if it is not such a document: then it is read as any JSON.
    """

    health: str
    is_binary: bool = False
    echoes_id: bool = False
    outputs: Callable[[Any], Outputs | None] = lambda _: None


def named(name: str) -> Protocol:
    """Return the protocol of a name; raise ValueError if there is none."""
    if name not in PROTOCOLS:
        raise ValueError(unknown(name, PROTOCOLS))
    return PROTOCOLS[name]


def _open_inference(document: Any) -> Outputs | None:
    """Return the tensors of Open Inference V2 by name, or None if they are not such."""
    outputs = document.get("outputs") if isinstance(document, dict) else None
    if not isinstance(outputs, list):
        return None
    found = {}
    for output in outputs:
        match output:
            case {"name": str(name), "datatype": str(datatype), "shape": list(shape), "data": data}:
                tensor = _declared(datatype, shape, data)
            case _:
                return None
        if tensor is None or name in found:
            return None
        found[name] = (output, tensor)
    return found


def _declared(datatype: str, shape: list[Any], data: Any) -> Tensor | None:
    """Return a tensor whose data, flat or nested, fill its shape; None if they do not."""
    if len(shape) > _MAX_RANK or not all(_is_size(size) for size in shape):
        return None
    sizes = tuple(map(int, shape))
    nested, flat = rectangle(data)
    count: int = math.prod(sizes)
    fits = nested in {sizes, (count,)} or not (flat or count)
    return Tensor(datatype=datatype, shape=sizes, data=flat) if fits else None


def _is_size(value: Any) -> bool:
    return type(value) is bytes and value.isdigit() and len(value) < _MAX_RANK


OPEN_INFERENCE = Protocol(
    health="/v2/health/ready", is_binary=True, echoes_id=True, outputs=_open_inference
)
MLFLOW = Protocol(health="/ping")
JSON = Protocol(health="/health")
PROTOCOLS = {"open-inference-v2": OPEN_INFERENCE, "mlflow": MLFLOW, "json": JSON}
