"""Events as Knative's event_display prints them, to which KServe's pages have events sent.

An event begins with a line with a cloud and `cloudevents.Event`. Attributes are lines of
`name: value` set in by two; after a line `Data,` comes the data up to the next event. JSON is
printed anew: its space is not what was sent, but its numbers and texts are (sdk-go, Event.String).
"""

import base64
import json
from collections.abc import Iterable, Iterator

from harness.documents import json_text
from harness.errors import InputError
from harness.record.core.lines import MAX_LINE

_CLOUD = "\N{CLOUD}".encode()
_DATA = (b"Data,", b"Data (binary),")
_INDENT = b"  "

Numbered = tuple[int, bytes]
"""A line and its number in the file, from 1."""


def structured(lines: Iterable[bytes], where: str) -> Iterator[Numbered]:
    """Yield printed events as lines of CloudEvents in structured mode, and other lines as they are.

    Raises:
        InputError: an event is longer than a line may be; `where` names the file.

    """
    start, printed, size = 0, list[bytes](), 0
    for number, line in enumerate(lines, 1):
        if line.startswith(_CLOUD):
            if printed:
                yield start, _as_line(printed)
            start, printed, size = number, [line], 0
        elif not printed:
            yield number, line
        else:
            printed.append(line)
            size += len(line)
            if size > MAX_LINE:
                raise InputError(f"{where}: the event of line {start} has over {MAX_LINE} bytes")
    if printed:
        yield start, _as_line(printed)


def _as_line(printed: list[bytes]) -> bytes:
    place = next((n for n, line in enumerate(printed) if line.rstrip() in _DATA), len(printed))
    attributes = dict(_attributes(printed[:place]))
    data = b"".join(printed[place + 1 :]).removeprefix(_INDENT).removesuffix(b"\n")
    return f"{json.dumps({'specversion': '1.0', **attributes})[:-1]}, {_member(data)}}}".encode()


def _attributes(lines: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, colon, value = line.decode(errors="replace").strip().partition(":")
        if colon and line.startswith(_INDENT):
            yield name, value.strip()


def _member(data: bytes) -> str:
    """Return data as a member of a line's object: JSON as it is, all else in base64."""
    try:
        text = data.decode()
        json_text.whole(text)
    except (ValueError, RecursionError):
        return f'"data_base64": "{base64.b64encode(data).decode()}"'
    # Only space between values can hold a line's end.
    on_one_line = text.replace("\r", " ").replace("\n", " ")
    return f'"data": {on_one_line}'
