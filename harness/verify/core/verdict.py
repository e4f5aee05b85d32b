"""Verdicts: what is made of each output, and of all of them together.

A difference is a result and never an exception. Without data there is no PASS.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from harness.verify.core.cause import Cause
from harness.verify.core.factor import Conditions


class Verdict(StrEnum):
    """What was found of one output, or of a whole environment (then SAME means all of it)."""

    SAME = "SAME"
    DIFFERENT = "DIFFERENT"
    FAILS_REBUILT = "FAILS WHEN REBUILT"
    BUILD_FAILED = "BUILD FAILED"
    INCONCLUSIVE = "INCONCLUSIVE"
    CORRUPT = "CORRUPT"


EXIT_CODES = {
    Verdict.SAME: 0,
    Verdict.DIFFERENT: 1,
    Verdict.FAILS_REBUILT: 1,
    Verdict.BUILD_FAILED: 3,
    Verdict.INCONCLUSIVE: 4,
    Verdict.CORRUPT: 5,
}
"""As diff(1), see docs/cli.md. CORRUPT: the store's content no longer has the recorded hash."""

_GRAVEST_FIRST = (
    Verdict.CORRUPT,
    Verdict.DIFFERENT,
    Verdict.FAILS_REBUILT,
    Verdict.BUILD_FAILED,
    Verdict.INCONCLUSIVE,
    Verdict.SAME,
)


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
    return sorted(results, key=lambda one: _GRAVEST_FIRST.index(one.verdict))


def overall(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the gravest; of nothing at all, nothing can be said."""
    found = set(verdicts)
    return next((verdict for verdict in _GRAVEST_FIRST if verdict in found), Verdict.INCONCLUSIVE)
