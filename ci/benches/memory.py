"""How much memory the judge of a run takes as requests go by: it may not grow with them.

Usage: ci/bench memory [--requests N]. Judges N requests of answers with jitter, flips and failures,
and prints the resident memory after each tenth. 1 if it grew by more than the bar after the first.
"""

import argparse
import json
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from harness.shadow.core.answers.answer import Reply
from harness.shadow.core.events import Phase, Played, Timed
from harness.shadow.core.judge import Judge
from tests.shadow.core.simulated import ASKED, spec

BAR = 16
"""MiB."""
VALUES = 8
TENTHS = 10
RARELY = 1e-3


def main(argv: Sequence[str] | None = None) -> int:
    """Print a line a tenth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000_000)
    count = parser.parse_args(argv).requests
    judge, resident = Judge(spec=spec()), list[float]()
    for played in requests(count):
        judge.observe(played)
        if (played.number + 1) % (count // TENTHS) == 0:
            resident.append(megabytes())
            print(f"{played.number + 1:9} requests: {resident[-1]:.1f} MiB", flush=True)
    judge.result(ASKED)
    grown = max(resident) - resident[0]
    print(f"grown by {grown:.1f} MiB after the first tenth, bar {BAR} MiB")
    return int(grown > BAR)


def requests(count: int) -> Iterator[Played]:
    """Yield requests that differ in every way: values, labels, outcomes, latencies, groups."""
    draw = random.Random(1)  # noqa: S311 - values, not secrets
    for number in range(count):
        values = [draw.random() for _ in range(VALUES)]
        now = number / 100
        arms = [timed(now, draw, values, arm) for arm in range(3)]
        yield Played(
            number=number,
            phase=Phase.SERIAL,
            group=f"group {number % 30}",
            arms=(arms[0], arms[1], arms[2]),
        )


def timed(now: float, draw: random.Random, values: Sequence[float], arm: int) -> Timed:
    """Return one arm's answer: now and then it fails, jitters, or says another label."""
    told = [value * (1 + 1e-6 * draw.gauss(0, 1)) for value in values]
    if arm and draw.random() < RARELY:
        told.reverse()
    output = {"name": "score", "shape": [1, VALUES], "datatype": "FP64", "data": told}
    body = json.dumps({"model_name": "model", "outputs": [output]}).encode()
    failed = draw.random() < RARELY
    reply = Reply(outcome="500", body=b"{}") if failed else Reply(outcome="200", body=body)
    return Timed(intended=now, sent=now, finished=now + draw.expovariate(100), reply=reply)


def megabytes() -> float:
    """Return what this process has in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


if __name__ == "__main__":
    sys.exit(main())
