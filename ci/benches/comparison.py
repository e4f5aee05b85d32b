"""How fast answers are compared, against the time that json.loads takes for the same pairs alone.

Usage: ci/bench comparison [--pairs N]. A pair is two Open Inference V2 answers of 1,000 floats.
Prints microseconds a pair and the ratio for each kind of pair.
"""

import argparse
import json
import random
import sys
import timeit
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from harness.core.agreement.answer import Protocol, Reply
from harness.core.agreement.comparison import compare
from harness.core.agreement.levels import Rules

VALUES = 1_000
REPEATS = 15
BAR = 0.77


def main(argv: Sequence[str] | None = None) -> int:
    """Print a line a kind of pair; 1 if any is slower than the bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=100, help="pairs timed at once")
    arguments = parser.parse_args(argv)
    ratios = []
    for kind, change in CHANGES.items():
        pair = sample(change)
        alone, whole = per_pair([partial(load, *pair), partial(judge, *pair)], arguments.pairs)
        ratios.append(alone / whole)
        print(f"{kind:28} json.loads {alone:7.1f} us  compare {whole:7.1f} us  {ratios[-1]:8.2f}")
    print(f"least {min(ratios):.2f}, bar {BAR}")
    return int(min(ratios) < BAR)


def identical(value: float, _: random.Random) -> float:
    """Return the value as it is."""
    return value


CHANGES: dict[str, Callable[[float, random.Random], float]] = {
    "identical": identical,
    "jitter within tolerance": lambda value, draw: value * (1 + 1e-12 * draw.gauss(0, 1)),
    "jitter beyond tolerance": lambda value, draw: value * (1 + 1e-6 * draw.gauss(0, 1)),
    "one value in a hundred": lambda value, draw: value + (draw.randrange(100) == 0),
    "doubled": lambda value, _: 2 * value,
}


def sample(change: Callable[[float, random.Random], float]) -> tuple[Reply, Reply]:
    """Return a pair of answers whose values differ by `change`."""
    draw = random.Random(4)  # noqa: S311 - a seed, not a secret
    values = [draw.gauss(0, 1) for _ in range(VALUES)]
    return answer(values), answer([change(value, draw) for value in values])


def answer(values: list[float]) -> Reply:
    """Return an Open Inference V2 answer with one tensor."""
    output = {"name": "score", "shape": [len(values)], "datatype": "FP64", "data": values}
    document = {"model_name": "model", "model_version": "1", "id": "1", "outputs": [output]}
    return Reply(outcome="200", body=json.dumps(document).encode())


def load(left: Reply, right: Reply) -> None:
    """Do what any comparison of values must do at least."""
    json.loads(left.body)
    json.loads(right.body)


def judge(left: Reply, right: Reply) -> None:
    """Compare a pair as a run does."""
    compare(left, right, Protocol.OPEN_INFERENCE, Rules())


def per_pair(works: Sequence[Callable[[], None]], pairs: int) -> list[float]:
    """Return the least time of several repetitions, which take turns, in microseconds."""
    times = [[timeit.timeit(work, number=pairs) for work in works] for _ in range(REPEATS)]
    return [min(column) / pairs * 1e6 for column in zip(*times, strict=True)]


if __name__ == "__main__":
    sys.exit(main())
