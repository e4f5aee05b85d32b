"""What an importer finds: exchanges, and what it leaves out with the reason."""

import re
from dataclasses import dataclass

from harness.errors import InputError
from harness.record.core.exchange import Exchange
from harness.record.core.wire import encode

_STATUSES = range(100, 1000)
_LINE_PART = re.compile(r"[\x01-\x09\x0b\x0c\x0e-\xff]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A recorded thing that no exchange can be made of; `reason` is the same for all of a kind."""

    reason: str


Found = Exchange | LeftOut


def is_possible(exchange: Exchange) -> bool:
    """Return whether HTTP/1.1 allows the request, and the answer's status and headers."""
    try:
        encode(exchange.request)
    except InputError:
        return False
    response = exchange.response
    return response is None or (
        response.status in _STATUSES
        and all(_LINE_PART.fullmatch(text) for pair in response.headers for text in pair)
    )
