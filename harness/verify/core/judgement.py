"""What is made of a derivation's outputs, before it is rebuilt and of how its rebuild ended.

An output is SAME only if a rebuild under the stated conditions gave the same bytes and the store
still holds them; once it was seen to differ under them, a later agreement does not unsay it. No
situation of one derivation ends a run: what could not be told is INCONCLUSIVE.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from harness.store.core.contents import Contents
from harness.store.core.derivation import Derivation
from harness.verdict import Verdict
from harness.verify.core.factors.conditions import Reach, unreached
from harness.verify.core.remembered import Remembered
from harness.verify.core.verdict import OutputResult

_LAST_LINES = 15
_MINUTE = timedelta(seconds=61)
"""From the beginning of a minute to the second second of the next."""


def paths(derivation: Derivation) -> dict[str, str]:
    """Return the store path of each output by its name."""
    return {name: output.path for name, output in derivation.outputs.items()}


def every(
    path: str, outputs: Mapping[str, str], verdict: Verdict, reason: str = "", **facts: Any
) -> list[OutputResult]:
    """Return one verdict for all outputs of a derivation."""
    return [
        OutputResult(
            derivation=path, output=name, path=output, verdict=verdict, reason=reason, **facts
        )
        for name, output in outputs.items()
    ]


def without_rebuild(
    path: str, derivation: Derivation, contents: Contents
) -> list[OutputResult] | None:
    """Return the verdicts that what is there allows, or None where it may be rebuilt."""
    outputs = paths(derivation)
    if derivation.is_floating:
        said = "its output paths are known only after a build"
        return every(path, outputs, Verdict.INCONCLUSIVE, said)
    if missing := [one for one in outputs.values() if one not in contents.hashes]:
        return every(path, outputs, Verdict.INCONCLUSIVE, f"not in the store: {missing[0]}")
    if changed := [one for one in outputs.values() if one in contents.broken]:
        said = (
            f"{changed[0]} no longer has the content that was built; mend it with "
            f"`harness build --repair {path}`"
        )
        return every(path, outputs, Verdict.CORRUPT, said)
    return None


def recalled(
    path: str, derivation: Derivation, past: Remembered | None, moved: Collection[str]
) -> list[OutputResult] | None:
    """Return the verdicts of an earlier run that found all outputs the same, or None."""
    if past is None or not past.is_same:
        return None
    return every(
        path,
        paths(derivation),
        Verdict.SAME,
        verified_at=past.when,
        remembered=True,
        unreached=unreached(moved, past.reach),
    )


def beside_corrupt(path: str, derivation: Derivation) -> list[OutputResult]:
    """Return the verdicts of what would be rebuilt from a store that is not what it was."""
    said = "not rebuilt, for the store holds corrupt content: mend that first"
    return every(path, paths(derivation), Verdict.INCONCLUSIVE, said)


def refused(path: str, derivation: Derivation, options: Sequence[str]) -> list[OutputResult]:
    """Return the verdicts where Nix would not take options that make a build hermetic."""
    said = (
        f"Nix's daemon does not let this user set {', '.join(options)}, so the rebuild "
        "might not be hermetic; add the user to `trusted-users` in nix.conf"
    )
    return every(path, paths(derivation), Verdict.INCONCLUSIVE, said)


def could_not(path: str, derivation: Derivation, error: Exception) -> list[OutputResult]:
    """Return the verdicts where Nix could not rebuild."""
    said = f"it could not be rebuilt: {error}"
    return every(path, paths(derivation), Verdict.INCONCLUSIVE, said)


def without_difference(
    path: str, outputs: Mapping[str, str], ended: tuple[int, bool, str], when: str
) -> list[OutputResult]:
    """Return the verdicts of a rebuild in which Nix found no output that differs.

    `ended` is its exit status, whether a builder failed, and what was said last.
    """
    status, failed, said = ended
    last = "\n".join(said.strip().splitlines()[-_LAST_LINES:])
    if failed:
        return every(path, outputs, Verdict.FAILS_REBUILT, last, verified_at=when)
    if status == 0:
        return every(path, outputs, Verdict.SAME, verified_at=when)
    return every(path, outputs, Verdict.INCONCLUSIVE, last, verified_at=when)


def of_different(
    path: str, outputs: Mapping[str, str], found: Mapping[str, OutputResult], when: str
) -> list[OutputResult]:
    """Return the results in order; what Nix calls different is so, though no tree shows it."""
    if all(found[name].verdict is not Verdict.DIFFERENT for name in outputs):
        said = "Nix says that an output differs, and no tree shows it"
        return every(path, outputs, Verdict.DIFFERENT, said, verified_at=when)
    return [found[name] for name in outputs]


def not_unsaid(results: Sequence[OutputResult], past: Remembered | None) -> list[OutputResult]:
    """Return the results with what an earlier run saw differ under the same conditions."""
    return [_not_unsaid(result, past) for result in results]


def _not_unsaid(result: OutputResult, past: Remembered | None) -> OutputResult:
    if past is None or result.verdict is not Verdict.SAME:
        return result
    if past.verdicts[result.path] is Verdict.SAME:
        return result
    said = f"the same now, but it differed on {past.when} under the same conditions"
    return replace(result, verdict=Verdict.DIFFERENT, reason=f"{said}; --fresh forgets that")


def to_remember(results: Sequence[OutputResult], reach: Reach) -> Remembered | None:
    """Return what a later run may rely on; nothing where a rebuild did not end as a build."""
    found = {result.path: result.verdict for result in results}
    if not set(found.values()) <= {Verdict.SAME, Verdict.DIFFERENT}:
        return None
    return Remembered(when=results[0].verified_at, verdicts=found, reach=reach)


def unexplained(results: Sequence[OutputResult], error: Exception) -> list[OutputResult]:
    """Return the results where the search for their causes could not go on."""
    said = f"the search for its cause ended early: {error}"
    return [
        result if result.verdict is Verdict.SAME or result.reason else replace(result, reason=said)
        for result in results
    ]


def are_same(results: Sequence[OutputResult]) -> bool:
    """Return whether all outputs are the same."""
    return all(one.verdict is Verdict.SAME for one in results)


def another_minute(
    moved: Collection[str], reach: Reach, begun: datetime, now: datetime
) -> timedelta | None:
    """Return how long the real clock needs to move where the shim did not reach some program.

    None where nothing would be seen that was not seen before.
    """
    passed = now - begun.replace(second=0, microsecond=0)
    if "clock" not in moved or reach.is_whole or passed >= _MINUTE:
        return None
    return _MINUTE - passed


def corrupt_source(path: str) -> OutputResult:
    """Return the verdict of a source or derivation that is not what it was made with."""
    said = (
        f"{path} no longer has the content that it was made with; remove it with "
        f"`harness build --repair {path}` and run again"
    )
    return OutputResult(derivation=path, output="", path=path, verdict=Verdict.CORRUPT, reason=said)


def networked_inputs(
    derivations: Mapping[str, Derivation], path: str, *, all_steps: bool
) -> tuple[str, ...]:
    """Return what a derivation is made of, directly or in all, whose builders have a network."""
    reached, waiting = {path}, [path]
    while waiting:
        found = derivations.get(waiting.pop())
        new = found.inputs.keys() - reached if found else frozenset[str]()
        reached |= new
        waiting += new if all_steps else ()
    return tuple(
        sorted(one for one in reached & derivations.keys() if derivations[one].has_network)
    )
