"""JSON read without loss: a number stays as it was written until its value is needed.

Most numbers of two answers are written alike, and a literal compares ten times as fast as it
converts. A number is `bytes` (nothing else in a document is), so 1, 1.0, "1" and true stay four
things, integers keep every digit, and NaN, which servers write although it is not JSON, is kept.
"""

import json
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

_DIGITS = 1000
"""Of longer numbers only the text is compared: work on them grows with its square."""


def decode(body: bytes) -> Any:
    """Return the document in `body`: dict, list, str, bytes (a number's literal), bool or None.

    Raises:
        ValueError: it is not JSON in UTF-8, names a key twice or nests too deeply.
    """
    try:
        return _DECODER.decode(body.decode())
    except RecursionError:
        raise ValueError("it nests too deeply") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object, unless a key appears twice: readers differ in which of both they take."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object names a key twice")
    return found


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_float=str.encode,
    parse_int=str.encode,
    parse_constant=str.encode,
)


def are_numbers(values: Iterable[Any]) -> bool:
    """Tell whether all are literals: nothing else can be joined to bytes."""
    try:
        b"".join(values)
    except TypeError:
        return False
    return True


def are_integers(literals: Iterable[bytes]) -> bool:
    """Tell whether all literals are written without fraction and exponent."""
    return not b"".join(literals).translate(None, b"-0123456789")


def exact(literal: bytes) -> Fraction | None:
    """Return the value as written; None if there is none (NaN) or it is too long to work with."""
    try:
        number = Decimal(literal[: _DIGITS + 1].decode())
    except InvalidOperation:
        return None
    if len(literal) > _DIGITS or not number.is_finite() or abs(number.adjusted()) > _DIGITS:
        return None
    return Fraction(number)
