"""What `harness record` costs the traffic that passes it, against the service alone.

Usage: ci/bench record [--runs N] [--seconds S]. Needs nginx and wrk (Debian: nginx-light, wrk).

`harness record` runs as its users run it, all of it bound to one core, before an nginx with one
worker and a file of 800 bytes; it writes a recording all the while.

- Throughput: wrk with ten connections, through the proxy and to nginx alone, in turns.
- Added latency: at 100 requests a second over a kept connection each, one through the proxy and one
  to nginx alone, in turns.
"""

import argparse
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from harness.record.core.exchange import Request
from harness.record.core.wire import encode
from harness.record.recordings import read
from harness.shadow.replay import LIMITS, Line, health

PORT = 18_097
CONNECTIONS = 10
RATE = 100
SETTLES = 5.0
"""Seconds in which what waits to be recorded is written."""

BAR = 2_000
BAR_ADDED = 0.001

CONFIGURATION = """
daemon off; worker_processes 1; pid {root}/pid; error_log {root}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600;
  server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Print rates and latencies; 1 if any misses its bar."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="record") as name:
        root = Path(name)
        recording = root / "recording"
        with nginx(root), proxy(recording) as port:
            rate = throughput(port, arguments.runs, arguments.seconds)
            time.sleep(SETTLES)
            added = latency(port, arguments.seconds)
        size = recording.stat().st_size
        with read(recording) as recorded:
            print(f"recorded: {len(recorded):,} requests in {size / 1e6:.1f} MB")
    print(f"through the proxy {rate:,.0f}/s, bar {BAR:,}/s")
    print(f"added at {RATE}/s {added * 1e3:.2f} ms, bar {BAR_ADDED * 1e3:.0f} ms")
    return int(rate < BAR or added > BAR_ADDED)


@contextmanager
def nginx(root: Path) -> Iterator[None]:
    """Serve a file over loopback."""
    root.chmod(0o755)
    (root / "file").write_bytes(b"x" * 800)
    configuration = root / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(root=root, port=PORT), encoding="ascii")
    server = subprocess.Popen(["nginx", "-c", configuration])
    try:
        if not health(("127.0.0.1", PORT), "/file", seconds=10).ready:
            sys.exit("nginx does not answer")
        yield
    finally:
        server.terminate()
        server.wait()


@contextmanager
def proxy(recording: Path) -> Iterator[int]:
    """Record on one core what passes the port that is returned."""
    core = str(max(os.sched_getaffinity(0)))
    harness = ["taskset", "--cpu-list", core, sys.executable, "-m", "harness"]
    argv = [*harness, "record", "--output", str(recording)]
    where = ["--listen", "0", "--upstream", f"http://127.0.0.1:{PORT}"]
    recorder = subprocess.Popen([*argv, *where], stderr=subprocess.PIPE, text=True)
    said = recorder.stderr.readline() if recorder.stderr else ""
    found = re.search(r"http://127\.0\.0\.1:(\d+)", said)
    if not found:
        sys.exit(f"harness record does not start: {said}")
    try:
        yield int(found[1])
    finally:
        recorder.send_signal(signal.SIGINT)
        if recorder.wait():
            sys.exit("harness record failed")


def throughput(port: int, runs: int, seconds: float) -> float:
    """Return the median of requests per second through the proxy."""
    pairs = [(wrk(PORT, seconds), wrk(port, seconds)) for _ in range(runs)]
    direct, through = (statistics.median(rates) for rates in zip(*pairs, strict=True))
    print(
        f"{CONNECTIONS} connections: nginx alone {direct:,.0f}/s, through the proxy"
        f" {through:,.0f}/s ({min(p for _, p in pairs):,.0f} to {max(p for _, p in pairs):,.0f},"
        f" {runs} runs), ratio {statistics.median(p / d for d, p in pairs):.2f}"
    )
    return through


def wrk(port: int, seconds: float) -> float:
    """Return wrk's requests per second, with one thread."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s"]
    told = subprocess.run(
        [*command, f"http://127.0.0.1:{port}/file"], capture_output=True, check=True, text=True
    )
    found = re.search(r"Requests/sec:\s+([\d.]+)", told.stdout)
    if not found or "Non-2xx" in told.stdout or "Socket errors" in told.stdout:
        sys.exit(told.stdout)
    return float(found[1])


def latency(port: int, seconds: float) -> float:
    """Return the median of the seconds that the proxy adds to a request."""
    headers = (("Host", "service"),)
    message = encode(Request(method="GET", target="/file", headers=headers, body=b""))
    pairs: list[tuple[float, float]] = []
    started = time.monotonic()
    with Line(("127.0.0.1", PORT), LIMITS) as direct, Line(("127.0.0.1", port), LIMITS) as through:
        for number in range(round(RATE * seconds)):
            time.sleep(max(0.0, started + number / RATE - time.monotonic()))
            alone, passed = direct.ask(message, "GET"), through.ask(message, "GET")
            for taken in (alone, passed):
                if taken.failure or taken.reader.response().status != HTTPStatus.OK:
                    sys.exit(f"a request failed: {taken.failure}")
            pairs.append((alone.finished - alone.sent, passed.finished - passed.sent))
    for name, each in zip(
        ("nginx alone", "through the proxy"), zip(*pairs, strict=True), strict=True
    ):
        p99 = statistics.quantiles(each, n=100)[98]
        print(f"{name}: median {statistics.median(each) * 1e3:.2f} ms, p99 {p99 * 1e3:.2f} ms")
    return statistics.median(passed - alone for alone, passed in pairs)


if __name__ == "__main__":
    sys.exit(main())
