"""Name the causes of what a perturbed rebuild found different, or failing."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from harness.errors import ToolError
from harness.host.scratch import scratch
from harness.store.core.derivation import Derivation
from harness.verdict import Verdict
from harness.verify.core.verdict import OutputResult
from harness.verify.diagnose import diagnose
from harness.verify.perturb import Perturber, Search

_TO_BE_EXPLAINED = frozenset({Verdict.DIFFERENT, Verdict.FAILS_REBUILT})


def explain(
    path: str,
    derivation: Derivation,
    results: Sequence[OutputResult],
    perturber: Perturber,
    budget: float,
) -> list[OutputResult]:
    """Search for the causes for at most `budget` seconds and return the results with them.

    Raises:
        ToolError: Nix could not work, or a tree cannot be read.

    """
    if all(result.verdict not in _TO_BE_EXPLAINED for result in results):
        return list(results)
    with scratch() as directory:
        search = Search(perturber=perturber, path=path, derivation=derivation, directory=directory)
        failed = any(result.verdict is Verdict.FAILS_REBUILT for result in results)
        with _told():
            found = diagnose(
                (
                    {result.output: result.path for result in results},
                    None if failed else {one.output: _moved(one) for one in results},
                ),
                rebuild=search.rebuild,
                factors=perturber.moved,
                budget_seconds=budget,
                unreached=results[0].unreached,
            )
    return [
        replace(
            result,
            causes=(*found.causes.get(result.output, ()), *found.causes.get("", ())),
            unexplained=found.unexplained.get(result.output, ()),
            rebuilds=found.rebuilds + 1,
        )
        if result.verdict in _TO_BE_EXPLAINED
        else result
        for result in results
    ]


@contextmanager
def _told() -> Iterator[None]:
    """Turn what a tree may hold that cannot be read into an error of this one search."""
    try:
        yield
    except OSError as error:
        where = os.fsdecode(error.filename or "a rebuilt tree")
        raise ToolError(f"{where}: cannot be read: {error.strerror}") from error
    except RecursionError as error:
        raise ToolError("an output is nested too deeply to be compared") from error


def _moved(result: OutputResult) -> str:
    return result.trees[1] if result.trees else result.path
