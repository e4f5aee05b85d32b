"""Images of the small inference server, each with the faults it is to have, and requests to it."""

import json
import random
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.host import process
from harness.record.core.exchange import Request
from tests.integration.demo import production_image
from tests.integration.scorer import EXTREME, RARE, WEIGHTS

TARGET = "/v2/models/scorer/infer"
RARELY = 40
"""One request in so many is extreme, and one has what a fault stumbles over."""
_NAME = f"harness-test-scorer-{uuid.uuid4().hex[:8]}"
"""Of this run alone: others on the same engine make and remove theirs."""
_SERVER = Path(__file__).with_name("scorer.py")
_HEADERS = (("host", "scorer"), ("content-type", "application/json"))


@contextmanager
def candidates() -> Iterator[Callable[[str], str]]:
    """Give the reference of an image by its server's faults; what was made is removed at the end.

    The server runs on the Python of the demonstration's production image.
    """
    made: list[str] = []

    def build(tag: str, *instructions: str, context: str) -> str:
        argv = ["docker", "build", "--quiet", "--tag", f"{_NAME}:{tag}", "--file", "-", context]
        process.check(argv, stdin="\n".join(instructions), timeout=120)
        made.append(f"{_NAME}:{tag}")
        return made[-1]

    def image(faults: str = "") -> str:
        tag = f"faults-{faults.replace(' ', '-')}"
        if f"{_NAME}:{tag}" in made:
            return f"{_NAME}:{tag}"
        return build(tag, f"FROM {base}", f'ENV FAULTS="{faults}"', context=empty)

    with tempfile.TemporaryDirectory() as context, tempfile.TemporaryDirectory() as empty:
        shutil.copy(_SERVER, context)
        base = build(
            "base",
            f"FROM {production_image()}",
            "COPY scorer.py /scorer.py",
            'CMD ["/usr/bin/python3", "/scorer.py"]',
            context=context,
        )
        try:
            yield image
        finally:
            process.check(["docker", "image", "rm", "--force", *reversed(made)])


def requests(count: int) -> list[Request]:
    """Return requests of one row each, some extreme, some with a rare value; always the same."""
    draw = random.Random(0)  # noqa: S311 - requests, not secrets
    made = []
    for number in range(count):
        row = [draw.gauss(0, 1) for _ in WEIGHTS]
        if number % RARELY == RARELY - 1:
            row[0] = RARE
        elif number % RARELY == RARELY // 2:
            row[1] = 10 * EXTREME
        tensor = {"name": "x", "datatype": "FP64", "shape": [1, len(row)], "data": row}
        body = json.dumps({"id": str(number), "inputs": [tensor]}).encode()
        made.append(Request(method="POST", target=TARGET, headers=_HEADERS, body=body))
    return made
