"""Requests as a service got them, and what it answered.

Header names and values are text of latin-1, each a line's part; their order and repetition count.
"""

from dataclasses import dataclass

Headers = tuple[tuple[str, str], ...]

LENGTH_HEADER = "inference-header-content-length"
"""How long the JSON of a message with binary tensors is: in lower case, in requests and answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request; `target` is its path and query, as they stood in the request line."""

    method: str
    target: str
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One final answer."""

    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One recorded request; `at` is in seconds since the recording's start.

    `response` is None if the service never answered.
    """

    number: int
    at: float
    request: Request
    response: Response | None
