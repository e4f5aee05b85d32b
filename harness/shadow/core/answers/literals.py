"""JSON read without loss: a number stays as it was written until its value is needed.

Most numbers of two answers are written alike, and a literal compares ten times as fast as it
converts. A number is `bytes` (nothing else in a document is), so 1, 1.0, "1" and true stay four
things, integers keep every digit, and NaN, which servers write although it is not JSON, is kept.
Where nearly all numbers differ anyway, those with a fraction are better read as doubles at once.
"""

import json
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from operator import eq
from typing import Any

_DIGITS = 1000
"""Of longer numbers only the text is compared: work on them grows with its square."""


def decode(body: bytes | str, *, as_doubles: bool = False) -> Any:
    """Return the document in `body`: dict, list, str, bytes (a number's literal), bool or None.

    With `as_doubles`, a number that is not written as an integer is a float. A key that an object
    names again, which readers understand differently, is kept as `told_apart` calls it.

    Raises:
        ValueError: it is not JSON in UTF-8, or nests too deeply.
    """
    text = body if isinstance(body, str) else body.decode()
    try:
        return (_DOUBLES if as_doubles else _LITERALS).decode(text)
    except RecursionError:
        raise ValueError("it nests too deeply") from None


def told_apart(names: Iterable[str]) -> list[str]:
    """Return names that each come once: what comes again is `NAME (again)`, `NAME (again 2)`."""
    found: dict[str, int] = {}
    for name in names:
        count, chosen = found.get(name, 0), name
        while chosen in found:
            count += 1
            chosen = f"{name} (again{f' {count}' if count > 1 else ''})"
        found[name] = count
        found.setdefault(chosen, 0)
    return list(found)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object whose every value is kept."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    names = told_apart(key for key, _ in pairs)
    return dict(zip(names, (value for _, value in pairs), strict=True))


_LITERALS = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_float=str.encode,
    parse_int=str.encode,
    parse_constant=str.encode,
)
_DOUBLES = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=str.encode, parse_constant=str.encode
)
_LONG_NUMBER = re.compile(rb"\d\.\d{9,}")
_GLANCE = 400


def differ_throughout(left: bytes, right: bytes) -> bool:
    """Guess from the first and the last long numbers of two bodies whether nearly all differ."""
    return _differ(left[:_GLANCE], right[:_GLANCE]) and _differ(left[-_GLANCE:], right[-_GLANCE:])


def _differ(left: bytes, right: bytes) -> bool:
    numbers = _LONG_NUMBER.findall(left)
    return len(numbers) > 1 and not any(map(eq, numbers, _LONG_NUMBER.findall(right)))


def are_integers(literals: Iterable[bytes]) -> bool:
    """Return whether all literals are written without fraction and exponent."""
    return not b"".join(literals).translate(None, b"-0123456789")


def exact(number: bytes | float) -> Fraction | None:
    """Return the value as written; None if there is none (NaN) or it is too long to work with."""
    literal = number if isinstance(number, bytes) else repr(number).encode()
    try:
        value = Decimal(literal[: _DIGITS + 1].decode())
    except InvalidOperation:
        return None
    if len(literal) > _DIGITS or not value.is_finite() or abs(value.adjusted()) > _DIGITS:
        return None
    return Fraction(value)
