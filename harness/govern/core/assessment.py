"""What is known of an environment, as one value, and what follows from it.

Each part may be missing: what was not verified, compared or asked for is not known,
and nothing good follows from it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.attest.core.quorum import Quorum
from harness.errors import Exit
from harness.verdict import Colour, Judgement, Verdict, gravest_code
from harness.verify.core.benign import (
    NOTHING_EXPECTED,
    Benign,
    Expected,
    accepted,
    require_used,
)
from harness.verify.core.verdict import Verification, overall

_COULD_TELL = frozenset({Verdict.SAME, Verdict.DIFFERENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """An environment compared with production: the verdict, why, and its directory, if any.

    There is no verdict where a comparison was not wanted, though env.toml says how to make it.
    """

    judgement: Judgement | None
    lines: tuple[str, ...]
    run: str | None = None

    @property
    def verdict(self) -> str:
        """The verdict in words."""
        return self.judgement or "not compared"

    @property
    def code(self) -> Exit:
        """The exit code of the verdict; 0 where none was wanted."""
        return self.judgement.code if self.judgement else Exit.DONE

    @property
    def colour(self) -> Colour:
        """The colour of the verdict in a page."""
        return self.judgement.colour if self.judgement else "open"


UNWANTED = Comparison(judgement=None, lines=("not compared with production: --no-shadow",))
UNBUILT = Comparison(
    judgement=Judgement.INCONCLUSIVE, lines=("not compared: it could not be built",)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What is known of an environment, or of derivations that harness did not make.

    `verification` is what rebuilds found; `waivers` are the declared differences among them;
    `statements` are what other builders say. `declared` are the differences that the environment
    itself declares, in the file that is called `declared_in`.
    """

    name: str
    verification: Verification | None = None
    waivers: Expected = NOTHING_EXPECTED
    declared: tuple[Benign, ...] = ()
    declared_in: str = ""
    comparison: Comparison | None = None
    statements: Quorum | None = None

    @property
    def verdict(self) -> Verdict:
        """The gravest of what rebuilds found and builders say; waivers change nothing of it."""
        found = [self.verification.verdict] if self.verification else []
        return overall([*found, *self._said()])

    @property
    def accepted(self) -> Verdict:
        """The gravest verdict that no waiver covers."""
        found = [accepted(self.verification, self.waivers)] if self.verification else []
        return overall([*found, *self._said()])

    @property
    def code(self) -> Exit:
        """The exit code of all that is known."""
        compared = [self.comparison.code] if self.comparison else []
        return gravest_code([self.accepted.code, *compared])

    def _said(self) -> list[Verdict]:
        return [self.statements.verdict] if self.statements else []

    def require_waivers_found(self) -> None:
        """Refuse what the environment declares and rebuilds that could tell did not find.

        Raises:
            InputError: names the first such declaration.

        """
        if self.verification and self.verification.verdict in _COULD_TELL:
            require_used(self.declared, self.waivers, self.declared_in)


def verdict(known: Iterable[Assessment]) -> Verdict:
    """Return the gravest verdict; of nothing at all, nothing can be said."""
    return overall(one.verdict for one in known)


def code(known: Sequence[Assessment]) -> Exit:
    """Return the exit code that stands for several."""
    return gravest_code([one.code for one in known] or [Verdict.INCONCLUSIVE.code])


def comparisons(known: Iterable[Assessment]) -> dict[str, Comparison]:
    """Return what came of each comparison with production, by the environment's name."""
    return {one.name: one.comparison for one in known if one.comparison}
