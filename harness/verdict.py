"""Verdicts, a row each: its exit code, its colour on a page, what JUnit calls it, what it means.

A row is all that a verdict needs: the order of gravity is that of the exit codes, then of the rows.
Without data nothing is SAME or PASS.
"""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Literal, Self, TypeVar

from harness.errors import Exit
from harness.render.junit import Outcome

Colour = Literal["good", "bad", "open"]
"""A class of the pages' style."""

_GRAVITY = {code: place for place, code in enumerate(Exit)}


class Graded(StrEnum):
    """A verdict in words, with what follows from it."""

    code: Exit
    colour: Colour
    outcome: Outcome
    meaning: str

    def __new__(cls, word: str, code: Exit, colour: Colour, outcome: Outcome, meaning: str) -> Self:
        """Make a member of its row."""
        made = str.__new__(cls, word)
        made._value_ = word
        made.code, made.colour, made.outcome, made.meaning = code, colour, outcome, meaning
        return made

    @classmethod
    def called(cls, word: str) -> Self | None:
        """Return the verdict of that name; None if there is none."""
        return next((one for one in cls if one == word), None)


class Verdict(Graded):
    """What was found of one output, or of a whole environment (then SAME means all of it)."""

    # fmt: off
    CORRUPT = ("CORRUPT", Exit.INTEGRITY, "bad", Outcome.ERROR,
        "what the store holds is not what was built; `reason` has the command that mends it")
    DIFFERENT = ("DIFFERENT", Exit.DIFFERENT, "bad", Outcome.FAILURE,
        "a rebuild gave other bytes, now or before under the same conditions; both trees are kept")
    FAILS_REBUILT = ("FAILS WHEN REBUILT", Exit.DIFFERENT, "bad", Outcome.FAILURE,
        "it was built once, and the builder failed the second time")
    BUILD_FAILED = ("BUILD FAILED", Exit.TOOL, "bad", Outcome.ERROR,
        "it could not be built at all; no rebuild was tried")
    INCONCLUSIVE = ("INCONCLUSIVE", Exit.UNTOLD, "open", Outcome.ERROR,
        "whether a rebuild gives the same bytes could not be told; `reason` says why")
    SAME = ("SAME", Exit.DONE, "good", Outcome.PASSED,
        "the rebuild gave the same bytes, and the store holds them")
    # fmt: on


class Judgement(Graded):
    """What is made of a candidate that was compared with production."""

    # fmt: off
    FAIL = ("FAIL", Exit.DIFFERENT, "bad", Outcome.FAILURE,
        "the candidate is proven worse than production, or certainly different")
    INVALID = ("INVALID", Exit.INVALID, "bad", Outcome.ERROR,
        "the comparison itself broke, and says nothing about the candidate")
    INCONCLUSIVE = ("INCONCLUSIVE", Exit.UNTOLD, "open", Outcome.ERROR,
        "there is too little evidence for either")
    PASS = ("PASS", Exit.DONE, "good", Outcome.PASSED,
        "the candidate is proven no worse than production by more than the margins")
    # fmt: on


G = TypeVar("G", bound=Graded)
T = TypeVar("T")


def gravest(verdicts: Iterable[G]) -> G | None:
    """Return the gravest of several; None of none."""
    return min(verdicts, key=_gravity, default=None)


def gravest_first(things: Iterable[T], verdict: Callable[[T], Graded]) -> list[T]:
    """Return things by their verdicts, the gravest first, those of one verdict as they came."""
    return sorted(things, key=lambda one: _gravity(verdict(one)))


def outranks(one: Graded, other: Graded) -> bool:
    """Return whether one verdict is graver than another."""
    return _gravity(one) < _gravity(other)


def gravest_code(codes: Iterable[Exit]) -> Exit:
    """Return the exit code that stands for several (docs/cli.md); 0 of none."""
    return min(codes, key=_GRAVITY.__getitem__, default=Exit.DONE)


def _gravity(verdict: Graded) -> tuple[int, int]:
    return _GRAVITY[verdict.code], list(type(verdict)).index(verdict)
