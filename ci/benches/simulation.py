"""Services that harm and services that do not, simulated: what shadow inference makes of them.

Usage: ci/bench simulation [--seeds N] [--same N]. Prints a line a case with how often each verdict
was reached and after how many requests, and the false alarms of production against itself. 1 if a
harm was missed, a benign case failed, or more than one comparison in a hundred with itself did.
"""

import argparse
import statistics
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from harness.core.evidence.finding import Judgement
from tests.core.evidence.simulation import BENIGN, HARMS, Case, resources, run


def main(argv: Sequence[str] | None = None) -> int:
    """Run every case over all seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument(
        "--same", type=int, default=300, help="comparisons of production with itself"
    )
    arguments = parser.parse_args(argv)
    missed = sum(missed_harms(case, range(arguments.seeds)) for case in HARMS)
    grown = [resources(seed, 1.3) is Judgement.FAIL for seed in range(arguments.seeds)]
    missed += grown.count(False)
    print(f"{'memory growth':34} found {sum(grown)} of {len(grown)}")
    alarms = sum(false_alarms(case, range(arguments.seeds)) for case in BENIGN)
    excess = 0
    for dependence in (0.0, 0.5, 0.8):
        case = Case(name=f"production itself, AR(1) {dependence}", dependence=dependence)
        excess += false_alarms(case, range(1_000, 1_000 + arguments.same)) > arguments.same / 100
    return int(bool(missed or alarms or excess))


def missed_harms(case: Case, seeds: Sequence[int]) -> int:
    """Print how often a harm was found, and how soon; return how often it was not."""
    runs = [run(case, seed) for seed in seeds]
    found = [each.requests for each in runs if case.family in each.failed]
    median = statistics.median(found) if found else 0
    print(
        f"{case.name:34} found {len(found)} of {len(runs)}, median {median:.0f} requests",
        flush=True,
    )
    return len(runs) - len(found)


def false_alarms(case: Case, seeds: Sequence[int]) -> int:
    """Print what was found where nothing is; return how many runs failed."""
    runs = [run(case, seed) for seed in seeds]
    failed = Counter(family for each in runs for family in each.failed)
    invalid = Counter(family for each in runs for family in each.invalid)
    passed = [each.latency_passed_after for each in runs if each.latency_passed_after]
    print(
        f"{case.name:34} failed {dict(failed)}, invalid {dict(invalid)}, latency passed"
        f" {len(passed)} of {len(runs)}, median {statistics.median(passed or [0]):.0f} requests",
        flush=True,
    )
    return sum(bool(each.failed) for each in runs)


if __name__ == "__main__":
    sys.exit(main())
