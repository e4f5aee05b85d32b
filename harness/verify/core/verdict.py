"""What was found of each output, and what is made of all of them together.

A difference is a result and never an exception. Without data there is no PASS.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from harness.verdict import Verdict, gravest, gravest_first
from harness.verify.core.causes.cause import Cause
from harness.verify.core.factors.conditions import Conditions


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """Where two contents begin to differ: an offset in bytes from 0, and a few bytes from there."""

    offset: int
    first: bytes
    rebuilt: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDifference:
    """One path below an output that is not the same.

    `kind` says in which way: "content", "only in the first", "only rebuilt", "type", "executable"
    or "target". `at` says where, if contents differ.
    """

    path: str
    kind: str
    at: Divergence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputResult:
    """The verdict of one output, with its reason where it is not SAME.

    `output` is empty for a derivation or source that is corrupt itself; `path` is the store path,
    `nar_hash` the recorded hash of its archive, as Nix prints it. `trees` are the first and the
    rebuilt tree where both were kept; `verified_at` is the time (ISO 8601, UTC) of the rebuild,
    which lies in the past for a remembered verdict. `unreached` maps the factors that were moved
    but did not reach this derivation's programs to the reason. `causes` are named, the most telling
    first, after `rebuilds` rebuilds; `unexplained` are the differing files that none of them moves.
    `networked` are the inputs with a fixed output: their builders have a network, and are not run
    again; their contents are held by the hash.
    """

    derivation: str
    output: str
    path: str
    verdict: Verdict
    reason: str = ""
    verified_at: str = ""
    remembered: bool = False
    differences: tuple[FileDifference, ...] = ()
    trees: tuple[str, str] | None = None
    nar_hash: str = ""
    unreached: Mapping[str, str] = field(default_factory=dict)
    causes: tuple[Cause, ...] = ()
    unexplained: tuple[str, ...] = ()
    rebuilds: int = 0
    networked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was found of one environment, and under which conditions (`jobs` rebuilds at once)."""

    environment: str
    conditions: Conditions
    jobs: int
    results: tuple[OutputResult, ...]

    @property
    def verdict(self) -> Verdict:
        """The gravest of all outputs."""
        return overall(result.verdict for result in self.results)


def worst_first(results: Iterable[OutputResult]) -> list[OutputResult]:
    """Return results with the gravest verdicts first, those of one verdict in the order given."""
    return gravest_first(results, lambda one: one.verdict)


def overall(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the gravest; of nothing at all, nothing can be said."""
    return gravest(verdicts) or Verdict.INCONCLUSIVE
