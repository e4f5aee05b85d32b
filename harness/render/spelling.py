"""How names that are not text are written where only text can stand, in JSON above all.

A name on disk is bytes. Python hands those that are not UTF-8 on as lone surrogates (PEP 383),
which no encoder of JSON or HTML takes.
"""

import re
from typing import Any

from harness.render.printable import spelt

_SURROGATES = range(0xD800, 0xE000)
_LIKE_ONE = re.compile(r"\\x[89a-f][0-9a-f]|\\ud[89a-f][0-9a-f]{2}")
"""Text that looks like what was spelled."""


def spelled(text: str) -> str:
    r"""Return a text in which bytes that are not UTF-8 stand as `\xNN`.

    A backslash of such a text is doubled, so that no two of them are spelled alike.
    """
    if not any(ord(character) in _SURROGATES for character in text):
        return text
    return "".join(map(_spelled, text))


def spelled_name(name: str) -> str:
    r"""Return a name as `spelled` does, and with its backslashes doubled if it has a `\xNN` itself.

    So no two names are spelled alike, whether they are UTF-8 or not.
    """
    return "".join(map(_spelled, name)) if _LIKE_ONE.search(name) else spelled(name)


def _spelled(character: str) -> str:
    if ord(character) in _SURROGATES:
        return spelt(character)
    return "\\\\" if character == "\\" else character


def spelled_in(value: Any) -> Any:
    """Return a value of dictionaries, lists and texts with each text and key spelled."""
    match value:
        case str():
            return spelled(value)
        case dict():
            return {spelled_in(key): spelled_in(one) for key, one in value.items()}
        case list() | tuple():
            return [spelled_in(one) for one in value]
        case _:
            return value
