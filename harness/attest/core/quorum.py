"""Whether enough builders agree: who agrees, who dissents, who could not tell, who was refused.

A builder agrees who found every output SAME and built the very bytes that are here; who built other
bytes, or found them not reproducible, dissents; nobody outvotes a finding of his own. Dissent and
refusals are told whether or not enough others agree.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from harness.attest.core.rebuild import Claim
from harness.errors import Exit
from harness.verdict import Verdict
from harness.verify.core.factors.rows import registered

_MOST_REASONS = 3


class Stance(StrEnum):
    """What a builder says of what is here, the gravest first."""

    DISSENTS = "dissents"
    COULD_NOT_TELL = "could not tell"
    AGREES = "agrees"


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One builder's stance with its reasons, from the gravest of its statements.

    `under` says when it rebuilt and on what machine.
    """

    builder: str
    stance: Stance
    reasons: tuple[str, ...]
    under: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A statement that does not count, and why; `tampered` if it is not what was signed."""

    where: str
    reason: str
    tampered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Quorum:
    """What the builders that are trusted say of one derivation.

    `silent` are those of whom no statement counts. `threshold` is between 1 and all of them.
    """

    environment: str
    derivation: str
    threshold: int
    voices: tuple[Voice, ...]
    silent: tuple[str, ...]
    refusals: tuple[Refusal, ...]

    @property
    def agreeing(self) -> int:
        """How many builders agree."""
        return sum(voice.stance is Stance.AGREES for voice in self.voices)

    @property
    def verdict(self) -> Verdict:
        """SAME if enough agree; CORRUPT, whoever agrees, if a statement was tampered with."""
        if any(refusal.tampered for refusal in self.refusals):
            return Verdict.CORRUPT
        if self.agreeing >= self.threshold:
            return Verdict.SAME
        dissent = any(voice.stance is Stance.DISSENTS for voice in self.voices)
        return Verdict.DIFFERENT if dissent else Verdict.INCONCLUSIVE


def refused(claim: Claim, derivation: str, now: datetime) -> str | None:
    """Return why a claim does not count for a derivation, or None."""
    if claim.derivation != derivation:
        return f"it speaks of another derivation, {claim.derivation}"
    if claim.expires is not None and claim.expires < now:
        return f"it expired on {claim.expires.isoformat(timespec='seconds')}"
    return None


def voice(builder: str, claims: Sequence[Claim], here: Mapping[str, str]) -> Voice:
    """Return what one builder says in at least one claim; `here` are NAR hashes by store path."""
    order = list(Stance)
    found = [(*_stance(claim, here), claim) for claim in claims]
    stance, reasons, claim = min(found, key=lambda one: order.index(one[0]))
    rest = len(reasons) - _MOST_REASONS
    more = (f"and {rest} more",) if rest > 0 else ()
    return Voice(
        builder=builder,
        stance=stance,
        reasons=(*reasons[:_MOST_REASONS], *more),
        under=f"{claim.finished:%Y-%m-%d}, {claim.moved} of {len(registered().names)} factors, "
        f"Nix {claim.nix}, {claim.processor}",
    )


def _stance(claim: Claim, here: Mapping[str, str]) -> tuple[Stance, list[str]]:
    said = [(path, *_of_output(claim, path, nar_hash)) for path, nar_hash in here.items()]
    for stance in (Stance.DISSENTS, Stance.COULD_NOT_TELL):
        reasons = [f"{path}: {reason}" for path, one, reason in said if one is stance]
        if reasons:
            return stance, reasons
    return Stance.AGREES, []


def _of_output(claim: Claim, path: str, nar_hash: str) -> tuple[Stance, str]:
    if path not in claim.outputs:
        return Stance.COULD_NOT_TELL, "it says nothing of it"
    said = claim.outputs[path]
    if said.nar_hash and said.nar_hash != nar_hash:
        return Stance.DISSENTS, f"it built {said.nar_hash}, and here is {nar_hash}"
    if said.verdict.code is Exit.DIFFERENT:
        return Stance.DISSENTS, f"it found it {said.verdict}"
    if said.verdict is Verdict.SAME and said.nar_hash:
        return Stance.AGREES, ""
    return Stance.COULD_NOT_TELL, f"it found it {said.verdict}"


def as_object(quorum: Quorum) -> dict[str, Any]:
    """Return what `harness verify --against --json` prints (docs/statements.md)."""
    return {
        "environment": quorum.environment,
        "derivation": quorum.derivation,
        "verdict": quorum.verdict.value,
        "exit-code": quorum.verdict.code,
        "threshold": quorum.threshold,
        "agreeing": quorum.agreeing,
        "builders": [
            {
                "builder": one.builder,
                "stance": one.stance.value,
                "reasons": list(one.reasons),
                "under": one.under,
            }
            for one in quorum.voices
        ],
        "silent": list(quorum.silent),
        "refused": [
            {"statement": one.where, "reason": one.reason, "tampered": one.tampered}
            for one in quorum.refusals
        ],
    }


def lines(quorum: Quorum) -> Iterator[str]:
    """Yield the table for a terminal: a builder a line, refusals, and what comes of it."""
    width = max((len(name) for name in _names(quorum)), default=0)
    for one in sorted(quorum.voices, key=lambda one: (one.stance != Stance.AGREES, one.builder)):
        yield f"{one.builder:<{width}}  {one.stance:<14}  {one.under}"
        yield from (f"{'':<{width}}  {reason}" for reason in one.reasons)
    for name in quorum.silent:
        yield f"{name:<{width}}  says nothing"
    for refusal in quorum.refusals:
        yield f"refused: {refusal.where}: {refusal.reason}"
    trusted = len(list(_names(quorum)))
    yield (
        f"{quorum.environment}: {quorum.verdict} ({quorum.agreeing} of {trusted} trusted builders "
        f"agree, {quorum.threshold} needed)"
    )


def _names(quorum: Quorum) -> Iterator[str]:
    yield from (one.builder for one in quorum.voices)
    yield from quorum.silent
