"""JSON of others, read within bounds and without its ambiguities: RFC 8259 less what is unsafe.

Refused are duplicate keys (readers disagree about which one counts), NaN and infinities, lone
surrogates, and whatever is larger or more deeply nested than any document of ours.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from harness.errors import InputError

LARGEST = 32 * 2**20
"""Bytes of one document; a statement about a thousand outputs takes about one MiB."""
_DEEPEST = 32


def encode(value: Mapping[str, Any]) -> bytes:
    """Return a document as it is signed: UTF-8, without spaces, keys in the given order."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def decode(data: bytes, where: str) -> Any:
    """Return the value of a document; `where` names it in errors.

    Raises:
        InputError: it is too large, or not such a document.

    """
    if len(data) > LARGEST:
        raise InputError(f"{where}: {len(data)} bytes, more than {LARGEST}")
    try:
        value = json.loads(data.decode(), object_pairs_hook=_table, parse_constant=_no_number)
        _check(value, _DEEPEST)
    except RecursionError as error:
        raise InputError(f"{where}: nested too deeply") from error
    except ValueError as error:
        raise InputError(f"{where}: not JSON that harness accepts: {_reason(error)}") from error
    return value


def _reason(error: ValueError) -> str:
    """Return what is wrong without the text that it is wrong in."""
    if isinstance(error, UnicodeDecodeError | UnicodeEncodeError):
        return f"{error.encoding}: {error.reason} at {error.start}"
    return str(error)


def _table(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return table


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def _check(value: Any, deepest: int) -> None:
    """Refuse deep nesting, and texts that no file or terminal can hold."""
    if deepest == 0:
        raise RecursionError
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, dict):
        for key, one in value.items():
            key.encode()
            _check(one, deepest - 1)
    elif isinstance(value, list):
        for one in value:
            _check(one, deepest - 1)
