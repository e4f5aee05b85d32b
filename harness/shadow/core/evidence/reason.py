"""Why a family is judged as it is, as facts: `harness.shadow.core.wording` makes sentences."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Fact = int | float | str | tuple[str, ...]


class Why(StrEnum):
    """What a reason says; its facts are named in the table of words."""

    NOTHING_COMPARED = "nothing-compared"
    FIELD_DIFFERS = "field-differs"
    UNDECLARED = "undeclared"
    DIFFER = "differ"
    GROWS = "grows"
    NEEDS_RATE = "needs-rate"
    WIDER_NOISE = "wider-noise"
    OTHER_ERRORS = "other-errors"
    NOISY = "noisy"
    STILL = "still"
    FAILED = "failed"
    FEW_LATENCIES = "few-latencies"
    NOT_SLOWER = "not-slower"
    SLOWER = "slower"
    MAYBE_SLOWER = "maybe-slower"
    SLOW_STRETCH = "slow-stretch"
    SLOW_LATELY = "slow-lately"
    MORE_STARTS = "more-starts"
    SLOW_ALONE = "slow-alone"
    FEW_IN_TURN = "few-in-turn"
    NO_THRESHOLD = "no-threshold"
    NO_LATENCY = "no-latency"
    OVER_THRESHOLD = "over-threshold"
    LESS_SLOW = "less-slow"
    MORE_SLOW = "more-slow"
    ARMS_UNLIKE = "arms-unlike"
    NEEDS_REQUESTS = "needs-requests"
    NEEDS_EVIDENCE = "needs-evidence"
    FEW_STARTS = "few-starts"
    MORE_USED = "more-used"
    NO_MORE_USED = "no-more-used"
    MAYBE_MORE_USED = "maybe-more-used"
    BAD_STARTS = "bad-starts"
    BAD_OUTCOMES = "bad-outcomes"
    BAD_ANSWERS = "bad-answers"
    SLOWEST_ANSWER = "slowest-answer"
    SLOW_TOGETHER = "slow-together"
    CLOSED = "closed"
    LATE = "late"
    TOO_MANY = "too-many"
    BROKEN = "broken"
    UNANSWERED = "unanswered"
    NOTHING_ASKED = "nothing-asked"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason and its numbers: counts, shares, seconds, names of fields."""

    why: Why
    facts: Mapping[str, Fact]


def because(why: Why, **facts: Fact) -> Reason:
    """Return a reason with its facts by name."""
    return Reason(why=why, facts=facts)
