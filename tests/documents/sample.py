"""A table with a key of each sort, as a capability would declare it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from harness.documents.key import (
    Between,
    Checked,
    Day,
    Flag,
    Key,
    Keys,
    Parsed,
    PlacedError,
    Said,
    matching,
    one_of,
)


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


def _even(number: int) -> int:
    if number % 2:
        raise ValueError("odd")
    return number


def _upper(text: str) -> str:
    if not text.isalpha():
        raise ValueError("not letters")
    return text.upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(Keys):
    """One of several parts."""

    name: Annotated[Said, Key("What it is called.", "wheel")]
    until: Annotated[Day | None, Key("Its last day.", "2027-01-31", default="never")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits(Keys):
    """What is allowed."""

    least: Annotated[float, Between(0.0, 1.0), Key("A share.", 0.25)] = 0.5
    most: Annotated[int, Between(1, 1_000_000), Key("A count.", 7)] = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole(Keys):
    """A document."""

    title_text: Annotated[str, matching(re.compile("[a-z ]+"), "not small"), Key("A title.", "a b")]
    colour: Annotated[Colour, Key("A colour.", "red")] = Colour.GREEN
    order: Annotated[Literal["up", "down"], Key("An order.", "up")] = "down"
    names: Annotated[
        tuple[Annotated[str, Parsed(_upper)], ...], Key("Names.", ["a", "b"], default="nobody")
    ] = ()
    sides: Annotated[
        tuple[Annotated[str, one_of(("left", "right"))], ...], Key("Sides.", ["left"])
    ] = ()
    even: Annotated[int, Between(0, 100), Checked(_even), Key("An even number.", 2)] = 0
    is_on: Annotated[Flag, Key("Whether it is on.", example=True)] = False
    parts: Annotated[tuple[Part, ...], Key("Parts.", [{"name": "wheel"}])] = ()
    by_name: Annotated[
        Mapping[Annotated[str, Parsed(_upper)], Part],
        Key("Parts by name.", {"x": {"name": "wheel"}}, kind="table: name -> part"),
    ] = field(default_factory=dict)
    words: Annotated[
        Mapping[Annotated[str, matching(re.compile("[a-z]+"), "not a word")], str],
        Key("Words.", {"a": "b c"}, kind="table: word -> word"),
    ] = field(default_factory=dict)
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        """Hold one key against another."""
        if self.is_on and self.parts and self.parts[0].until == date(2000, 1, 1):
            raise PlacedError("long gone", "parts", 0, "until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside(Keys):
    """A key of another owner in the same document."""

    extra: Annotated[str, Key("An extra.", "x")] = ""
