"""Endpoints of a recording, and the order in which its requests are asked.

An endpoint is a method and a path whose ids are left out. All of them come early: the first
requests of each go round, and then each endpoint has its share of any stretch, so that a comparison
that ends before the recording does has asked them all. Within an endpoint the order is drawn from
its seed, as `docs/replay.md` says.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from sys import intern

from harness.record.core.exchange import Request

IN_TURN = 3
"""Requests of each endpoint that go round first."""
MOST_TOLD_APART = 100_000
"""Requests whose endpoints are looked at; those beyond count as one endpoint."""

_BEYOND = "requests beyond the first 100,000"
_ID = "{}"
_MOST_NAMED = 5
_IDS = re.compile(
    r"[+-]?[0-9]+(?:\.[0-9]+)?"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}.*"
    r"|[0-9a-fA-F]{8}-[0-9a-fA-F-]{20,}"
    r"|(?=[a-fA-F]*[0-9])[0-9a-fA-F]{8,}"
    r"|(?=[^0-9]*[0-9])[0-9A-Za-z_=-]{20,}"
    r"|[^/]*@[^/]*"
)
"""Parts of a path that name one of many: numbers, dates, UUIDs, digests, tokens, addresses."""


def endpoint_of(request: Request) -> str:
    """Return method and path, such as `GET /users/{}`."""
    parts = _path(request).split("/")
    return f"{request.method} {'/'.join(_ID if _IDS.fullmatch(part) else part for part in parts)}"


def is_left_out(request: Request, patterns: Collection[str]) -> bool:
    """Return whether a pattern, `/path` or `METHOD /path` with `*`, stands for a request."""
    path = _path(request)
    return any(
        fnmatchcase(path if pattern.startswith("/") else f"{request.method} {path}", pattern)
        for pattern in patterns
    )


def _path(request: Request) -> str:
    return request.target.partition("?")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The requests to be asked, by number and in order, and every request's endpoint.

    `left_out` is how many of the recording are not to be asked.
    """

    numbers: tuple[int, ...]
    endpoints: tuple[str, ...]
    left_out: int = 0

    def unasked(self, asked: Collection[int]) -> Iterator[str]:
        """Say how much of the plan was never asked, and which endpoints."""
        left = [number for number in self.numbers if number not in asked]
        if not left:
            return
        yield f"{len(left):,} of {len(self.numbers):,} requests of the recording: never asked"
        known = {self.endpoints[number] for number in self.numbers if number in asked}
        never = sorted({self.endpoints[number] for number in left} - known)
        if never:
            more = f" and {len(never) - _MOST_NAMED:,} more" if len(never) > _MOST_NAMED else ""
            yield f"endpoints never asked: {', '.join(never[:_MOST_NAMED])}{more}"


def planned(
    requests: Iterable[Request], seed: int, exclude: Collection[str] = (), *, drawn: bool = True
) -> Plan:
    """Return what is asked of a recording; unless `drawn`, in the recording's own order."""
    endpoints, numbers, left_out = list[str](), list[int](), 0
    for number, request in enumerate(requests):
        near = number < MOST_TOLD_APART
        endpoints.append(intern(endpoint_of(request)) if near else _BEYOND)
        if is_left_out(request, exclude):
            left_out += 1
        else:
            numbers.append(number)
    order = go_round([endpoints[number] for number in numbers], numbers, seed)
    return Plan(
        numbers=tuple(order if drawn else numbers), endpoints=tuple(endpoints), left_out=left_out
    )


def go_round(groups: Sequence[str], numbers: Sequence[int], seed: int) -> list[int]:
    """Return numbers in an order in which all groups come early, and then each evenly."""
    members: dict[str, list[int]] = {}
    for group, number in zip(groups, numbers, strict=True):
        members.setdefault(group, []).append(number)
    placed = list[tuple[float, int, int]]()
    for of_group in members.values():
        drawn = sorted((_draw(seed, number), number) for number in of_group)
        for place, (draw, number) in enumerate(drawn):
            early = place < IN_TURN
            placed.append((place - IN_TURN if early else (place + 0.5) / len(drawn), draw, number))
    return [number for _, _, number in sorted(placed)]


def _draw(seed: int, number: int) -> int:
    text = f"harness-order-1 {seed} request {number}"
    return int.from_bytes(hashlib.sha256(text.encode("ascii")).digest(), "big")
