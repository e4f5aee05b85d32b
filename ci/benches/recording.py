"""What recordings cost, against the same lines through Python's own gzip and json.

Usage: ci/bench recording [--runs N] [--requests N].

Inference requests of 2 kB with their answers are written, read in their order, and read one by one
at random. The peer writes the same lines with gzip at the same level, without blocks, and reads
them with json.loads; it cannot read one without all before it.
"""

import argparse
import gzip
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from harness.record.core.exchange import Exchange, Request, Response
from harness.record.core.lines import encode_line
from harness.record.recordings import create, read

BAR_WRITE, BAR_READ = 0.7, 0.4
BAR_ONE = 0.01
ONES = 500
LEVEL = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Print rates and times; 1 if any misses its bar."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--requests", type=int, default=20_000)
    arguments = parser.parse_args(argv)
    exchanges = made(arguments.requests)
    size = sum(len(encode_line(each)) for each in exchanges) / 1e6
    with tempfile.TemporaryDirectory(prefix="recording") as name:
        root = Path(name)
        ours = [write(root / f"ours-{run}", exchanges) for run in range(arguments.runs)]
        theirs = [write_peer(root / f"theirs-{run}", exchanges) for run in range(arguments.runs)]
        written = told("write", size, ours, theirs, BAR_WRITE)
        ours = [timed(lambda: read_all(root / "ours-0")) for _ in range(arguments.runs)]
        theirs = [timed(lambda: read_peer(root / "theirs-0")) for _ in range(arguments.runs)]
        was_read = told("read", size, ours, theirs, BAR_READ)
        sizes = [(root / f"{whose}-0").stat().st_size / 1e6 for whose in ("ours", "theirs")]
        print(f"file: {sizes[0]:.1f} MB of {size:.1f}, against {sizes[1]:.1f} of gzip")
        ones = read_ones(root / "ours-0")
    print(f"one at random: {ones * 1e3:.2f} ms (bar: {BAR_ONE * 1e3:.0f})")
    return 0 if written and was_read and ones <= BAR_ONE else 1


def told(what: str, size: float, ours: list[float], theirs: list[float], bar: float) -> bool:
    """Print rates in MB of lines a second and their ratio; tell whether it reaches the bar."""
    our, their = (size / statistics.median(times) for times in (ours, theirs))
    print(f"{what}: {our:.1f} MB/s, gzip and json {their:.1f}: {our / their:.2f} (bar: {bar})")
    return our / their >= bar


def made(count: int) -> list[Exchange]:
    """Return requests for inference and their answers, of numbers that repeat nowhere."""
    draw = random.Random(1)  # noqa: S311, the same every time
    headers = (("Host", "127.0.0.1:8080"), ("Content-Type", "application/json"))

    def body(name: str, numbers: int) -> bytes:
        data = [draw.random() for _ in range(numbers)]
        return json.dumps({name: [{"name": "x", "datatype": "FP64", "data": data}]}).encode()

    return [
        Exchange(
            number=number,
            at=number / 100,
            request=Request(
                method="POST",
                target="/v2/models/wine/infer",
                headers=headers,
                body=body("inputs", 100),
            ),
            response=Response(status=200, headers=headers, body=body("outputs", 3)),
        )
        for number in range(count)
    ]


def timed(do: Callable[[], object]) -> float:
    """Return the seconds that it takes."""
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


def write(path: Path, exchanges: Sequence[Exchange]) -> float:
    """Return the seconds to record them."""

    def do() -> None:
        with create(path) as writer:
            for exchange in exchanges:
                writer.add(exchange)

    return timed(do)


def write_peer(path: Path, exchanges: Sequence[Exchange]) -> float:
    """Return the seconds to write the same lines with gzip."""

    def do() -> None:
        with gzip.open(path, "wb", compresslevel=LEVEL) as file:
            file.writelines(map(encode_line, exchanges))

    return timed(do)


def read_all(path: Path) -> None:
    """Read a recording in its order."""
    with read(path) as recording:
        for _ in recording:
            pass


def read_peer(path: Path) -> None:
    """Read lines of JSON with gzip."""
    with gzip.open(path) as file:
        for line in file:
            json.loads(line)


def read_ones(path: Path) -> float:
    """Return the median seconds to read a request at random."""
    draw = random.Random(2)  # noqa: S311, the same every time
    with read(path) as recording:
        places = [draw.randrange(len(recording)) for _ in range(ONES)]
        return statistics.median(timed(lambda place=place: recording[place]) for place in places)


if __name__ == "__main__":
    sys.exit(main())
