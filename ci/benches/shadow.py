"""Shadow inference in containers: production against itself, and a server that stalls.

Usage: ci/bench shadow [--runs N] [--busy N]. Compares the demonstration's production image with
itself, N times on a quiet machine and N times beside a neighbour that takes a processor, and prints
how often that failed, and after how many requests it passed. Then a candidate that stalls for a
second in ten, asked by requests that do not wait. 1 after a false alarm, or if the stall is missed.
"""

import argparse
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from harness.shadow.core.answers import protocols
from harness.shadow.core.evidence.finding import Finding, overall
from harness.shadow.core.evidence.trial import Margins, Trial
from harness.shadow.core.schedule import blocks, open_loop
from harness.shadow.core.wording import worded
from harness.shadow.open_loop import play_blocks
from harness.verdict import Judgement
from tests.integration.arena import RULES, SEED, Arena, arena, compared, observe
from tests.integration.candidates import candidates, requests
from tests.integration.demo import production_image, traffic

STALL_REQUESTS = 7_500
STALL_RATE = 50
"""150 seconds of each arm, in blocks of ten: about fifteen stalls."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run everything and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--busy", type=int, default=30, help="runs beside a busy neighbour")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as directory, arena(Path(directory)) as ready:
        alarms = compared_with_itself(ready, arguments.runs, "quiet")
        with busy_neighbour():
            alarms += compared_with_itself(ready, arguments.busy, "busy neighbour")
        missed = not stall_found(ready)
    return int(bool(alarms) or missed)


def compared_with_itself(ready: Arena, runs: int, machine: str) -> int:
    """Print what became of production against itself; return how often that was FAIL."""
    production = production_image()
    recorded = traffic(production)
    judged: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    passed, seconds = [], []
    for _ in range(runs):
        started = time.monotonic()
        with ready.arms(production, production) as arms:
            found = compared(arms, recorded, Margins())
        seconds.append(time.monotonic() - started)
        verdict = overall(found.values())
        judged[verdict.value] += 1
        failed.update(name for name, each in found.items() if each.judgement is Judgement.FAIL)
        if verdict is Judgement.PASS:
            passed.append(max(each.requests for each in found.values()))
    print(
        f"production itself, {machine}: {dict(judged)}, failed {dict(failed)}, "
        f"PASS after {statistics.median(passed or [0]):.0f} requests, "
        f"{statistics.median(seconds or [0]):.0f} s a run (medians of {runs})",
        flush=True,
    )
    return judged["FAIL"]


@contextmanager
def busy_neighbour() -> Iterator[None]:
    """Keep one processor busy half of the time, in bursts of a second."""
    neighbour = multiprocessing.Process(target=_burst, daemon=True)
    neighbour.start()
    try:
        yield
    finally:
        neighbour.kill()
        neighbour.join()


def _burst() -> None:
    while True:
        end = time.monotonic() + 1
        while time.monotonic() < end:
            pass
        time.sleep(1)


def stall_found(ready: Arena) -> bool:
    """Print what is made of a second's stall in ten; return whether it is FAIL."""
    recorded = requests(STALL_REQUESTS)
    turns = open_loop([0.0] * len(recorded), SEED, rate=STALL_RATE)
    trial = Trial(protocol=protocols.OPEN_INFERENCE, rules=RULES, margins=Margins(slow=0.1))
    with candidates() as image, ready.arms(image(""), image("stall-10")) as arms:
        sockets = [arm.socket for arm in arms]
        for trio in play_blocks(sockets, recorded.__getitem__, blocks(turns, SEED, seconds=10)):
            observe(trial, trio)
            tail = _tail(trial)
            if tail.judgement is not Judgement.INCONCLUSIVE:
                break
    print(f"a second's stall in ten: {tail.judgement}, {worded(tail.reasons)}", flush=True)
    return tail.judgement is Judgement.FAIL


def _tail(trial: Trial) -> Finding:
    return next(each for each in trial.findings() if each.family == "tail latency")


if __name__ == "__main__":
    sys.exit(main())
