"""What a key of a TOML document means, and what may stand there: said on the field of a dataclass.

A frozen dataclass that derives from `Keys` is a table: each field is annotated with a `Key` and
with what its values must be. `harness.documents.decode` reads documents by it,
`harness.documents.schema` describes it. Both need pydantic, which takes a tenth of a second to
start; nothing here imports it.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import date
from difflib import get_close_matches
from typing import Annotated, Any, ClassVar, Protocol

from harness.documents.table import describe

Schema = dict[str, Any]
Place = tuple[str | int, ...]
"""Steps down into a document: keys of tables, indexes of arrays."""
_BARE = re.compile(r"[A-Za-z0-9_-]{1,60}")
_WIDEST = 80


class Handler(Protocol):
    """What pydantic hands to a hook: how the rest of the annotation is read or described."""

    def __call__(self, source: Any, /) -> Any:
        """Return the schema of what is inside."""


class PlacedError(ValueError):
    """What is wrong with a value, and at which place inside it."""

    def __init__(self, problem: str, *place: str | int) -> None:
        super().__init__(problem)
        self.place = place


def name_of(attribute: str) -> str:
    """Return the key that an attribute is written as."""
    return attribute.replace("_", "-")


def at(where: str, place: Place) -> str:
    """Return the file with the path down to a place in it."""
    path = "".join(map(_step, place))
    return f"{where}{path}" if ": " in where else f"{where}: {path.removeprefix('.')}"


def short(number: float) -> str:
    """Return a number as a person writes it."""
    return str(number) if isinstance(number, int) else f"{number:g}"


def cut(text: str) -> str:
    """Return the start of a text as an error shows it."""
    return repr(text if len(text) <= _WIDEST else f"{text[:_WIDEST]}…")


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step if _BARE.fullmatch(step) else cut(step)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """A table of a document; its fields are its keys, with - in place of _."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"alias_generator": name_of, "extra": "forbid"}


def keys_of(kind: type[Keys]) -> list[str]:
    """Return the keys of a table."""
    return [name_of(one.name) for one in fields(kind)]


def required_of(kind: type[Keys]) -> list[str]:
    """Return the keys that a table must have."""
    return [
        name_of(one.name)
        for one in fields(kind)
        if one.default is MISSING and one.default_factory is MISSING
    ]


@dataclass(frozen=True, slots=True)
class Key:
    """The meaning of a key, a value that may stand there, and what is not told by type or default.

    `kind` says what a table maps to what; `default` says in words what holds where the key is not
    there, for defaults that no value can show.
    """

    meaning: str
    example: Any = field(hash=False)
    kind: str = ""
    default: str = ""

    def __get_pydantic_json_schema__(self, schema: Any, handler: Handler) -> Schema:
        said = {"x-kind": self.kind, "x-default": self.default}
        return {
            **handler(schema),
            "description": self.meaning,
            "examples": [self.example],
            **{name: text for name, text in said.items() if text},
        }


@dataclass(frozen=True, slots=True)
class Checked:
    """A value of the annotated type, as `check` returns it; a ValueError of it is the problem."""

    check: Callable[[Any], Any]
    schema: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __get_pydantic_core_schema__(self, source: Any, handler: Handler) -> Schema:
        return _after(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: Any, handler: Handler) -> Schema:
        return {**handler(schema), **self.schema}


@dataclass(frozen=True, slots=True)
class Parsed:
    """A value of any type that `parse` makes of a string; a ValueError of it is the problem.

    `known` are the only strings that it takes, if there are not any number of them.
    """

    parse: Callable[[str], Any]
    schema: Mapping[str, Any] = field(default_factory=dict, hash=False)
    known: Collection[str] = field(default=(), hash=False)

    def __get_pydantic_core_schema__(self, source: Any, handler: Handler) -> Schema:
        return _after(self.parse, {"type": "str"})

    def __get_pydantic_json_schema__(self, schema: Any, handler: Handler) -> Schema:
        known = {"enum": [*self.known]} if self.known else {}
        return {"type": "string", **self.schema, **known}


@dataclass(frozen=True, slots=True)
class Exactly:
    """A value of the type itself: 1 is not true, nor "1" a number."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Handler) -> Schema:
        return {**handler(source), "strict": True}


@dataclass(frozen=True, slots=True)
class Between:
    """A number within bounds, both allowed; a float may be written as an integer."""

    low: float
    high: float

    def __get_pydantic_core_schema__(self, source: Any, handler: Handler) -> Schema:
        return _after(self._check, {**handler(source), "strict": True})

    def __get_pydantic_json_schema__(self, schema: Any, handler: Handler) -> Schema:
        return {**handler(schema), "minimum": self.low, "maximum": self.high}

    def _check(self, value: float) -> float:
        if not self.low <= value <= self.high:
            bounds = f"{short(self.low)} to {short(self.high)}"
            raise ValueError(f"expected {bounds}, found {describe(value)}")
        return value


def matching(pattern: re.Pattern[str], problem: str) -> Parsed:
    """Return the rule that a string fits a pattern as a whole."""

    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(problem)
        return text

    return Parsed(check, {"pattern": f"^(?:{pattern.pattern})$"})


def one_of(known: Collection[str]) -> Parsed:
    """Return the rule that a string is one of those."""

    def check(text: str) -> str:
        if text not in known:
            raise ValueError(unknown(text, known))
        return text

    return Parsed(check, known=known)


def unknown(text: str, known: Collection[str]) -> str:
    """Return what is wrong with a text that is none of those, and which one may have been meant."""
    near = get_close_matches(text, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"none of {', '.join(known)}{hint}"


def _after(check: Callable[[Any], Any], inner: Schema) -> Schema:
    return {
        "type": "function-after",
        "function": {"type": "no-info", "function": check},
        "schema": inner,
    }


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("empty")
    return text


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise ValueError("not a date like 2027-01-31")
    return day


Flag = Annotated[bool, Exactly()]
Said = Annotated[str, Parsed(_said, {"minLength": 1})]
"""A string that is not empty."""
Day = Annotated[date, Parsed(_day, {"format": "date"})]
"""A date; it is written as a string, as Nix reads no dates of TOML."""
