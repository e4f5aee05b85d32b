"""Services that harm and services that do not, simulated: what shadow inference makes of them.

Usage: ci/bench simulation [--seeds N] [--same N] [--jobs N] [--only TEXT]... Prints a line a case:
whole runs of default length, with how often each verdict was reached and the median of requests;
then single families, at whatever length they need. 1 if a harm passed or was missed, if what does
no harm was ever INVALID, or failed so often that, at 99 % confidence, more than one in a hundred
does.
"""

import argparse
import statistics
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from harness.shadow.core.evidence import exact
from harness.verdict import Judgement
from tests.shadow.core import services
from tests.shadow.core.evidence import simulation
from tests.shadow.core.whole import Service, play

MOST_ALARMS = 0.01
CONFIDENCE = 0.01
Named = TypeVar("Named", Service, simulation.Case)
Verdict = tuple[Judgement, int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run every case over all seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="runs of a harm")
    parser.add_argument("--same", type=int, default=300, help="runs of what does no harm")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", action="append", default=[], help="cases whose names hold it")
    arguments = parser.parse_args(argv)

    wrong = 0
    with ProcessPoolExecutor(arguments.jobs) as pool:
        for service in chosen(services.HARMS, arguments.only):
            verdicts = told(service.name, runs(pool, service, arguments.seeds))
            wrong += verdicts[Judgement.PASS]
        for service in chosen(services.SMALL, arguments.only):
            told(service.name, runs(pool, service, arguments.seeds))
        for service in chosen((*services.BENIGN, *services.UNLUCKY), arguments.only):
            verdicts = told(service.name, runs(pool, service, arguments.same))
            wrong += is_too_often(verdicts[Judgement.FAIL], arguments.same, MOST_ALARMS)
            wrong += verdicts[Judgement.INVALID]
    for case in chosen(simulation.HARMS, arguments.only):
        wrong += missed_harms(case, range(arguments.seeds))
    for case in chosen(simulation.BENIGN, arguments.only):
        alarms = false_alarms(case, range(arguments.seeds))
        wrong += is_too_often(alarms, arguments.seeds, MOST_ALARMS)
    return int(bool(wrong))


def chosen(cases: Iterable[Named], only: Sequence[str]) -> list[Named]:
    """Return the cases whose names hold one of the texts, or are one; all without any."""
    cases = list(cases)
    whole = {case.name for case in cases}.intersection(only)
    return [
        case
        for case in cases
        if not only
        or case.name in whole
        or any(text in case.name for text in only if text not in whole)
    ]


def runs(pool: ProcessPoolExecutor, service: Service, seeds: int) -> list[Verdict]:
    """Return the verdict and the number of requests of each seed's run."""
    return list(pool.map(partial(one_run, service.name), range(seeds), chunksize=5))


def one_run(name: str, seed: int) -> Verdict:
    """Return what becomes of one run of a service."""
    (service,) = (each for each in services.ALL if each.name == name)
    outcome = play(service, seed)
    return outcome.judgement, outcome.requests


def told(name: str, verdicts: Sequence[Verdict]) -> Counter[Judgement]:
    """Print and return how often each verdict was reached."""
    counted = Counter(judgement for judgement, _ in verdicts)
    said = ", ".join(f"{each} {counted[each]}" for each in Judgement if counted[each])
    median = statistics.median(requests for _, requests in verdicts)
    print(f"{name:50} {said} of {len(verdicts)}, median {median:.0f} requests", flush=True)
    return counted


def is_too_often(alarms: int, among: int, allowed: float) -> bool:
    """Tell whether the exact lower bound of a rate at 99 % is above what is allowed."""
    return exact.lower_bound(alarms, among, CONFIDENCE) > allowed


def missed_harms(case: simulation.Case, seeds: Sequence[int]) -> int:
    """Print how often a harm was found, and how soon; return how often it was not."""
    found = [simulation.run(case, seed) for seed in seeds]
    after = [each.requests for each in found if case.family in each.failed]
    median = statistics.median(after) if after else 0
    told_ = f"found {len(after)} of {len(found)}, median {median:.0f} requests"
    print(f"{case.name:50} {told_} ({case.family} alone)", flush=True)
    return len(found) - len(after)


def false_alarms(case: simulation.Case, seeds: Sequence[int]) -> int:
    """Print what was found where nothing is; return how many runs failed."""
    found = [simulation.run(case, seed) for seed in seeds]
    failed = Counter(family for each in found for family in each.failed)
    print(f"{case.name:50} failed {dict(failed)} of {len(found)}", flush=True)
    return sum(bool(each.failed) for each in found)


if __name__ == "__main__":
    sys.exit(main())
