"""The demonstration's production image, and the requests that go to it."""

import json
from pathlib import Path

from harness.host import process
from harness.record.core.exchange import Request

ROOT = Path(__file__).parents[2]
_TRAFFIC = ROOT / "envs/serving/traffic.py"


def production_image() -> str:
    """Return the production image's reference; it is made if it is not there."""
    return process.check([str(ROOT / "ci/production")], timeout=600).strip()


def traffic(image: str) -> list[Request]:
    """Return the demonstration's requests, as the image's own Python makes them."""
    argv = ["docker", "run", "--rm", "--interactive", "--network", "none", image, "python", "-"]
    lines = process.check(argv, stdin=_TRAFFIC.read_text(), timeout=120).splitlines()
    return [_request(json.loads(line)) for line in lines]


def _request(line: dict[str, object]) -> Request:
    headers = line["headers"]
    assert isinstance(headers, dict)
    return Request(
        method=str(line["method"]),
        target=str(line["target"]),
        headers=(("host", "serving"), *headers.items()),
        body=json.dumps(line["body"]).encode(),
    )
