"""Answers whose tensors follow the JSON as bytes, as a server of Open Inference V2 writes them."""

import json

from harness.record.core.exchange import Response
from harness.shadow.core.answers.answer import Reply, reply_to


def binary_response(**tensors: tuple[str, tuple[int, ...], bytes]) -> Response:
    """Return a response with tensors by name: datatype, shape, and bytes."""
    outputs = [
        {
            "name": name,
            "datatype": datatype,
            "shape": shape,
            "parameters": {"binary_data_size": len(data)},
        }
        for name, (datatype, shape, data) in tensors.items()
    ]
    head = json.dumps({"outputs": outputs}).encode()
    return Response(
        status=200,
        headers=(("Inference-Header-Content-Length", str(len(head))),),
        body=head + b"".join(data for _, _, data in tensors.values()),
    )


def binary_reply(**tensors: tuple[str, tuple[int, ...], bytes]) -> Reply:
    """Return what a comparison takes of `binary_response`."""
    return reply_to(binary_response(**tensors))
