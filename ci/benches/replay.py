"""How fast requests are replayed, against wrk, and how punctually.

Usage: ci/bench replay [--runs N] [--seconds S]. Needs nginx and wrk (Debian: nginx-light, wrk).

Both clients ask one nginx with one worker for a file of 800 bytes over loopback TCP, which is all
that wrk speaks, in turns, for about S seconds.

- At once, which has the bar: wrk with ten connections, against what `play_blocks` sends and gets
  answered over ten connections that are never idle. Answers are read to their end in that time;
  they become values between blocks, and the rate that counts this too is told beside.
- One after the other: wrk with one connection, against whole requests as `play` yields them. Either
  mostly waits to be woken, so this ratio depends on where the kernel puts which process.
- Punctuality: |sent - intended| of 200 requests a second over a unix socket, in blocks of a second.
"""

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from itertools import chain, repeat
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from harness.record.core.exchange import Request
from harness.shadow.core.schedule import Block, blocks, open_loop, serial
from harness.shadow.open_loop import play_blocks
from harness.shadow.replay import Address, Limits, health, play

PORT = 18_099
TCP: Address = ("127.0.0.1", PORT)
GET = Request(method="GET", target="/file", headers=(("Host", f"127.0.0.1:{PORT}"),), body=b"")
CONNECTIONS = 10
IN_A_BLOCK = 2_000
RATE = 200
BAR = 0.7
BAR_LATE = 0.005

CONFIGURATION = """
daemon off; worker_processes 1; pid {root}/pid; error_log {root}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600;
  server {{ listen 127.0.0.1:{port}; listen unix:{root}/socket; root {root}; }}
}}
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Print rates, ratios and lateness; 1 if any misses its bar."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    arguments = parser.parse_args(argv)
    with nginx() as socket:
        ratio = compared("at once", arguments.runs, arguments.seconds, CONNECTIONS, at_once)
        compared("one after the other", arguments.runs, arguments.seconds, 1, one_by_one)
        late = lateness(socket, arguments.seconds)
    print(f"|sent - intended| at {RATE}/s: p99 {late * 1e3:.2f} ms, bar {BAR_LATE * 1e3:.0f} ms")
    print(f"ratio at once {ratio:.2f}, bar {BAR}")
    return int(ratio < BAR or late > BAR_LATE)


@contextmanager
def nginx() -> Iterator[Path]:
    """Serve a file over loopback and over the unix socket that is returned."""
    with tempfile.TemporaryDirectory(prefix="replay") as name:
        root = Path(name)
        root.chmod(0o755)
        (root / "file").write_bytes(b"x" * 800)
        configuration = root / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(root=root, port=PORT), encoding="ascii")
        server = subprocess.Popen(["nginx", "-c", configuration])
        try:
            if not health(TCP, "/file", seconds=10).ready:
                sys.exit("nginx does not answer")
            yield root / "socket"
        finally:
            server.terminate()
            server.wait()


def compared(
    name: str, runs: int, seconds: float, connections: int, rate: Callable[[float], float]
) -> float:
    """Return the median ratio of runs, each against wrk's beside it."""
    pairs = [(wrk(seconds, connections), rate(seconds)) for _ in range(runs)]
    peer, own = (statistics.median(rates) for rates in zip(*pairs, strict=True))
    ratios = sorted(own / peer for peer, own in pairs)
    print(
        f"{name} ({connections} connections): wrk {peer:,.0f}/s, replay {own:,.0f}/s, ratio"
        f" {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}, {runs} runs)"
    )
    return statistics.median(ratios)


def wrk(seconds: float, connections: int) -> float:
    """Return wrk's requests per second, with one thread."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s"]
    told = subprocess.run(
        [*command, f"http://127.0.0.1:{PORT}/file"], capture_output=True, check=True, text=True
    )
    found = re.search(r"Requests/sec:\s+([\d.]+)", told.stdout)
    if not found or "Non-2xx" in told.stdout or "Socket errors" in told.stdout:
        sys.exit(told.stdout)
    return float(found[1])


def one_by_one(seconds: float) -> float:
    """Return the requests per second of whole turns, the arms all being the same server."""
    asked, started = 0, time.monotonic()
    for trio in play([TCP] * 3, lambda _: GET, serial(repeat(0), 1)):
        asked += sum(
            each.response is not None and each.response.status == HTTPStatus.OK for each in trio
        )
        if trio[0].finished > started + seconds:
            break
    return asked / (time.monotonic() - started)


def at_once(seconds: float) -> float:
    """Return the median rate of blocks and arms, from the first sent to the last answered."""
    sends = tuple((number, 0.0) for number in range(IN_A_BLOCK))
    plan = [Block(order=(0, 1, 2), sends=sends)] * max(1, round(2 * seconds))
    started = time.monotonic()
    limits = Limits(connections=CONNECTIONS, seconds=60)
    trios = list(play_blocks([TCP] * 3, lambda _: GET, plan, limits))
    in_all = 3 * len(trios) / (time.monotonic() - started)
    if any(not each.response or each.response.status != HTTPStatus.OK for each in chain(*trios)):
        sys.exit("a request failed")
    rates = [
        IN_A_BLOCK / (max(each.finished for each in part) - min(each.sent for each in part))
        for arm in range(3)
        for start in range(0, len(trios), IN_A_BLOCK)
        for part in [[trio[arm] for trio in trios[start : start + IN_A_BLOCK]]]
    ]
    print(f"    at once, values of answers included: {in_all:,.0f}/s")
    return statistics.median(rates)


def lateness(socket: Path, seconds: float) -> float:
    """Return the 99th percentile of |sent - intended| in seconds."""
    plan = blocks(open_loop([0.0] * round(RATE * seconds), 1, RATE), 1, 1.0)
    trios = play_blocks([socket] * 3, lambda _: GET, plan)
    late = [abs(each.sent - each.intended) for trio in trios for each in trio]
    return statistics.quantiles(late, n=100)[98]


if __name__ == "__main__":
    sys.exit(main())
