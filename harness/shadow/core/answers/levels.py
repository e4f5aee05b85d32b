"""The levels at which two answers differ, from none to the gravest, and the kinds of difference."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from harness.errors import InputError

MAX_FLIPS = 100


class Level(IntEnum):
    """The gravest difference between two answers, or between two fields."""

    IDENTICAL = 0
    """The same bytes."""
    EQUAL = 1
    """The same values, written or ordered differently."""
    WITHIN = 2
    """Other values, within tolerance."""
    BEYOND = 3
    """Other values, beyond tolerance."""
    LABEL = 4
    """Another class, text or integer."""
    STRUCTURE = 5
    """Another field, type or shape, or NaN or an infinity in another place."""


class Kind(StrEnum):
    """What differs in a field, or in all of an answer: its outcome."""

    OUTCOME = "outcome"
    ERROR_CLASS = "error class"
    """Both failed, as 5xx and 4xx do, or a status and no answer."""
    NOTHING = "nothing"
    VALUE = "values"
    DIGITS = "digits beyond double precision"
    ZERO_SIGN = "the sign of zero"
    LABEL = "labels"
    MISSING = "missing"
    EXTRA = "not in production"
    DATATYPE = "datatype"
    SHAPE = "shape"
    NAN_FOR_NUMBER = "NaN where a number was"
    NUMBER_FOR_NAN = "a number where NaN was"
    INFINITY = "infinities"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """Two values agree if |a - b| <= absolute + relative * max(|a|, |b|).

    Raises:
        InputError: either is negative or not finite.
    """

    absolute: float = 0.0
    relative: float = 0.0

    def __post_init__(self) -> None:
        if not (0 <= self.absolute < math.inf and 0 <= self.relative < math.inf):
            raise InputError(f"tolerance {self}: expected finite numbers that are not negative")


DEFAULT_TOLERANCES: Mapping[str, Tolerance] = {
    "number": Tolerance(relative=1e-9),
    "FP64": Tolerance(relative=1e-9),
    "FP32": Tolerance(relative=1e-5),
    "FP16": Tolerance(relative=2e-3),
    "BF16": Tolerance(relative=2e-2),
}
"""By datatype; values of any other are labels, and one that differs is another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a service's owner declares about its answers, by path of a field.

    Of `volatile` fields presence, type and shape are compared and no values; of what is below them,
    or tells something of them, of which types it is. `tolerances` stand above those of a datatype.
    The last axis of `scores` holds one number a class, of which the largest wins; None takes for
    scores whatever looks like probabilities.
    """

    volatile: frozenset[str] = frozenset()
    tolerances: Mapping[str, Tolerance] = field(default_factory=dict)
    scores: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A name, and what makes it exact: a datatype, a number of digits, a factor, an offset."""

    name: str
    parameter: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A row whose label changed; `margin` is the first answer's distance between its best two."""

    row: int
    first: str
    second: str
    margin: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How one field differs. `distance` is Euclidean, and infinite where values cannot be compared.

    `pattern` is how precision was lost, if it was, and `flips` the labels that changed, at most
    `MAX_FLIPS` of them.
    """

    field: str
    level: Level
    kind: Kind
    distance: float = 0.0
    flips: tuple[Flip, ...] = ()
    pattern: Pattern | None = None
