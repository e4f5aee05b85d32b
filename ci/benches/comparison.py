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

from harness.shadow.core.answers import protocols
from harness.shadow.core.answers.answer import Reply
from harness.shadow.core.answers.comparison import compare
from harness.shadow.core.answers.levels import Rules

VALUES = 1_000
TURNS = 40
BAR = 0.77


def main(argv: Sequence[str] | None = None) -> int:
    """Print a line a kind of pair; 1 if any is slower than the bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=50, help="pairs of each kind")
    arguments = parser.parse_args(argv)
    ratios = []
    for kind, change in CHANGES.items():
        pairs = [sample(change, seed) for seed in range(arguments.pairs)]
        alone, whole = per_pair(partial(load, pairs), partial(judge, pairs), len(pairs))
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


def sample(change: Callable[[float, random.Random], float], seed: int) -> tuple[Reply, Reply]:
    """Return a pair of answers whose values differ by `change`."""
    draw = random.Random(seed)  # noqa: S311 - values, not secrets
    values = [draw.gauss(0, 1) for _ in range(VALUES)]
    return answer(values), answer([change(value, draw) for value in values])


def answer(values: list[float]) -> Reply:
    """Return an Open Inference V2 answer with one tensor."""
    output = {"name": "score", "shape": [len(values)], "datatype": "FP64", "data": values}
    document = {"model_name": "model", "model_version": "1", "id": "1", "outputs": [output]}
    return Reply(outcome="200", body=json.dumps(document).encode())


def load(pairs: Sequence[tuple[Reply, Reply]]) -> None:
    """Do what any comparison of values must do at least."""
    for left, right in pairs:
        json.loads(left.body)
        json.loads(right.body)


def judge(pairs: Sequence[tuple[Reply, Reply]]) -> None:
    """Compare as a run does."""
    for left, right in pairs:
        compare(left, right, protocols.OPEN_INFERENCE, Rules())


def per_pair(alone: Callable[[], None], whole: Callable[[], None], pairs: int) -> list[float]:
    """Return the least time of both over several turns, in microseconds a pair."""
    turns = [[timeit.timeit(work, number=1) for work in (alone, whole)] for _ in range(TURNS)]
    return [min(column) / pairs * 1e6 for column in zip(*turns, strict=True)]


if __name__ == "__main__":
    sys.exit(main())
