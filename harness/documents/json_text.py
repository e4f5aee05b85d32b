"""Where the values of a JSON text begin and end, so that they can be taken out or copied unread.

Reading a number and writing it again may change it; its text does not.
"""

import json
import re
from collections.abc import Iterator
from json.decoder import scanstring  # type: ignore[attr-defined] # json's own, since Python 3.0

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


def whole(text: str) -> tuple[int, int]:
    """Return where the value of a whole text begins and ends.

    Raises:
        ValueError: it is not JSON.
        RecursionError: it is nested very deeply.

    """
    start = after_space(text, 0)
    end = _end(text, start)
    if after_space(text, end) != len(text):
        raise ValueError(f"more than one JSON value, from {end} on")
    return start, end


def items(text: str, at: int) -> Iterator[tuple[str | None, int, int]]:
    """Yield the name, None in an array, the beginning and the end of each value below the one `at`.

    Raises:
        ValueError, RecursionError: as `whole`; `at` is where an object or array begins.

    """
    closing = "}" if text[at] == "{" else "]"
    place = after_space(text, at + 1)
    while text[place : place + 1] != closing:
        name = None
        if closing == "}":
            if text[place : place + 1] != '"':
                raise ValueError(f"no name in a JSON object at {place}")
            name, place = scanstring(text, place + 1)
            place = _after(text, place, ":")
        end = _end(text, place)
        yield name, place, end
        place = after_space(text, end)
        if text[place : place + 1] != closing:
            place = _after(text, place, ",")
            if text[place : place + 1] == closing:
                raise ValueError(f"no value after a comma at {place}")


def after_space(text: str, at: int) -> int:
    """Return the next place without space."""
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _end(text: str, at: int) -> int:
    return int(_DECODER.raw_decode(text, at)[1])


def _after(text: str, at: int, mark: str) -> int:
    at = after_space(text, at)
    if text[at : at + 1] != mark:
        raise ValueError(f"no {mark!r} in JSON at {at}")
    return after_space(text, at + 1)
