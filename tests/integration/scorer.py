"""A small Open Inference V2 server of the standard library, well or with one fault, for containers.

Three classes from three numbers a row, by a softmax. `FAULTS`, words separated by spaces, selects
what is wrong with it; `noise` and the harmless ones may stand in production as well, and `quick`
leaves out the time of an inference, and `binary` sends tensors as bytes. It answers one request
after the other, so that a fault's delay is a request's delay.
"""

import asyncio
import hashlib
import json
import math
import os
import random
import struct
import time
import uuid
from collections.abc import Callable
from typing import Any

Answer = dict[str, Any]
Rows = list[list[float]]

PORT = 8080
WORK_SECONDS = 0.004
"""What an inference takes, slept: far above what a busy machine adds."""
WEIGHTS = ((0.7, -0.2, 0.1), (-0.3, 0.8, -0.1), (0.1, -0.4, 0.6))
EXTREME = 1e6
RARE = -1.0
"""The first number of rows that only a fault fails on."""
LEAKED_BYTES = 2**20

faults = set(os.environ.get("FAULTS", "").split())
noise = random.SystemRandom()
started = time.monotonic()
leak: list[bytearray] = []


def probabilities(row: list[float]) -> list[float]:
    """Return the softmax of the row's scores, in float64."""
    scores = [sum(w * x for w, x in zip(weights, row, strict=True)) for weights in WEIGHTS]
    powers = [math.exp(score - max(scores)) for score in scores]
    return [power / sum(powers) for power in powers]


def one_in(count: int, body: bytes) -> bool:
    """Select one request in `count` by its bytes, so that a repeated request repeats the fault."""
    return int.from_bytes(hashlib.sha256(body).digest()[:8]) % count == 0


def narrowed(value: float) -> float:
    """Return the nearest float32."""
    return float(struct.unpack("f", struct.pack("f", value))[0])


VALUES: dict[str, Callable[[float], float]] = {
    "noise": lambda value: value * (1 + noise.uniform(-1e-6, 1e-6)),
    "doubled": lambda value: 2 * value,
    "narrowed": narrowed,
    "rounded": lambda value: round(value, 6),
}
"""Faults that change every probability."""


def tensors(rows: Rows, body: bytes) -> list[Answer]:
    """Return the outputs of a request: a label and three probabilities a row."""
    found = [probabilities(row) for row in rows]
    labels = [row.index(max(row)) for row in found]
    if "swapped" in faults:
        found = [[row[1], row[0], *row[2:]] for row in found]
    for count in (100, 5000):
        if f"flips-{count}" in faults and one_in(count, body):
            labels = [(label + 1) % len(WEIGHTS) for label in labels]
    if "nan" in faults and any(abs(value) > EXTREME for row in rows for value in row):
        found = [[math.nan] * len(WEIGHTS) for _ in rows]
    flat = [value for row in found for value in row]
    for fault, change in VALUES.items():
        flat = [change(value) for value in flat] if fault in faults else flat
    shape = [len(rows), len(WEIGHTS)]
    return [
        {"name": "predict", "datatype": "INT64", "shape": [len(rows)], "data": labels},
        {"name": "predict_proba", "datatype": "FP64", "shape": shape, "data": flat},
    ]


def delay() -> float:
    """Return the seconds this request takes."""
    seconds = 0.0 if "quick" in faults else WORK_SECONDS * (4.0 if "slow" in faults else 1.0)
    for period in (0.5, 10):
        phase = (time.monotonic() - started) % period
        if f"stall-{period}" in faults and phase < period / 10:
            seconds += period / 10 - phase
    return seconds


def infer(body: bytes) -> tuple[int, Answer]:
    """Return status and answer of one inference."""
    asked = json.loads(body)
    (tensor,) = asked["inputs"]
    width = len(WEIGHTS[0])
    rows = [tensor["data"][i : i + width] for i in range(0, len(tensor["data"]), width)]
    time.sleep(delay())
    if "leak" in faults:
        leak.append(bytearray(os.urandom(LEAKED_BYTES)))
    if "error" in faults and any(row[0] == RARE for row in rows):
        return 500, {"error": "division by zero"}
    answer: Answer = {"model_name": "scorer", "outputs": tensors(rows, body)}
    if "volatile" in faults:
        answer |= {"id": str(uuid.uuid4()), "parameters": {"time": time.time_ns()}}
    if "reordered-outputs" in faults:
        answer["outputs"].reverse()
    if "reordered-keys" in faults:
        answer = dict(sorted(answer.items(), reverse=True))
        answer["outputs"] = [dict(sorted(tensor.items())) for tensor in answer["outputs"]]
    return 200, answer


def in_bytes(answer: Answer) -> tuple[bytes, bytes]:
    """Return an answer by the binary tensor data extension: its JSON, and its tensors' values."""
    data = b""
    outputs = []
    for tensor in answer.get("outputs", []):
        values = tensor["data"]
        code = "d" if tensor["datatype"] == "FP64" else "q"
        written = struct.pack(f"<{len(values)}{code}", *values)
        rest = {key: value for key, value in tensor.items() if key != "data"}
        outputs.append(rest | {"parameters": {"binary_data_size": len(written)}})
        data += written
    return json.dumps(answer | {"outputs": outputs}).encode(), data


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of one connection until it is closed."""
    while head := await reader.readline():
        length = 0
        while (line := await reader.readline()).strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        body = await reader.readexactly(length)
        status, answer = infer(body) if head.startswith(b"POST") else (200, {"ready": True})
        content, extra = json.dumps(answer).encode(), b"content-type: application/json"
        if "binary" in faults and status == 200:
            head, data = in_bytes(answer)
            content = head + data
            extra = b"content-type: application/octet-stream\r\n"
            extra += b"Inference-Header-Content-Length: %d" % len(head)
        writer.write(
            b"HTTP/1.1 %d Answer\r\n%b\r\ncontent-length: %d\r\n\r\n%b"
            % (status, extra, len(content), content)
        )
        await writer.drain()
    writer.close()


async def main() -> None:
    """Listen on loopback and serve."""
    server = await asyncio.start_server(serve, "127.0.0.1", PORT)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
