"""How well causes are found and named, on the builds of tests/corpus.

Usage: ci/bench corpus [CASE]... [--repeats N] [--plain]. Prints a line a case and the rates. The
clean builds are looked at `--repeats` times; `--plain` measures `nix-store --check` instead of
`harness verify`, as the baseline. Exit 1 if a bar is missed: 97 % found, a true cause first in
90 %, no false alarm, and nothing claimed that was not moved.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.corpus import runner
from tests.corpus.runner import Case

_BATCH = 12


def main(argv: Sequence[str] | None = None) -> int:
    """Measure the chosen detector on the named cases, or on all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="CASE")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--plain", action="store_true")
    arguments = parser.parse_args(argv)
    detector = runner.checked if arguments.plain else runner.verified
    cases, trees = runner.read_cases(arguments.names), runner.trees()
    clean = [case for case in cases.values() if not case.causes]
    started, scores = time.perf_counter(), []
    for batch in [*batched(list(cases.values())), *batched(clean) * (arguments.repeats - 1)]:
        scores += (found := runner.measure(batch, detector, trees))
        print(runner.table(found), flush=True)
    print(runner.by_cause(scores))
    print(runner.summary(scores))
    print(f"{len(scores)} builds in {time.perf_counter() - started:.0f} s")
    return 0 if arguments.plain else int(not runner.holds(scores))


def batched(cases: Sequence[Case]) -> list[Sequence[Case]]:
    """Return a few cases at a time, so that there is something to read while the rest runs."""
    return [cases[start : start + _BATCH] for start in range(0, len(cases), _BATCH)]


if __name__ == "__main__":
    sys.exit(main())
