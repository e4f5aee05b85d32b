"""Services that differ, or do not, in when an answer begins and in what connections they close."""

import math
from collections.abc import Callable

from tests.shadow.core.whole import Ask, Service

STREAM = 25.0
"""How many times as long as a usual answer one in pieces takes."""
BEGINS = 0.2
"""The share of it that passes before its first byte."""


def _one_in(count: int, ask: Ask) -> bool:
    """Tell whether the request is one of so many, whoever is asked."""
    return not ask.number % count


def _begins(ask: Ask, seconds: float) -> float:
    return BEGINS * seconds * math.exp(0.1 * ask.draw.gauss(0, 1))


def _held(ask: Ask, seconds: float) -> float | None:
    """Return the first byte of production, and of the candidate none before the end."""
    return None if ask.harmed else _begins(ask, seconds)


def _in_turns(ask: Ask, every: int, length: int) -> bool:
    """Tell whether an arm has one of its bad stretches, which come apart from other arms'."""
    place = ask.place + 131 * ask.arm + int(ask.change * 10_000)
    return place % every < length


def _streams(name: str, first: Callable[[Ask, float], float | None]) -> Service:
    return Service(name=name, seconds=lambda _, seconds: STREAM * seconds, first=first)


HARMS = (
    _streams("streams held back to their end", _held),
    _streams(
        "one in ten answers is a stream, held back",
        lambda ask, s: _held(ask, s) if _one_in(10, ask) else None,
    ),
    _streams(
        "a tenth of all streams held back",
        lambda ask, s: _held(ask, s) if _one_in(10, ask) else _begins(ask, s),
    ),
    _streams("streams that begin twice as late", lambda ask, s: _begins(ask, s) * (1 + ask.harmed)),
    Service(name="connections closed under every request", again=lambda ask: ask.harmed),
    Service(
        name="connections closed under 10 %",
        again=lambda ask: ask.harmed and ask.draw.random() < 0.1,
    ),
    Service(
        name="connections closed under 20 %, production's under 1 %",
        again=lambda ask: ask.draw.random() < (0.2 if ask.harmed else 0.01),
    ),
)
BENIGN = (
    _streams("unchanged, streams", _begins),
    Service(name="unchanged, short streams", first=_begins),
    _streams("streams that begin sooner", lambda ask, s: _begins(ask, s) * (1 - ask.harmed / 2)),
    _streams(
        "streams of what came in one piece", lambda ask, s: _begins(ask, s) if ask.harmed else None
    ),
    Service(
        name="unchanged, connections closed under 1 %", again=lambda ask: ask.draw.random() < 0.01
    ),
    Service(
        name="connections closed under one in 400",
        again=lambda ask: ask.harmed and not (ask.place + 1) % 400,
    ),
)
UNLUCKY = (
    _streams(
        "unchanged, 2 % of streams late",
        lambda ask, s: s if ask.draw.random() < 0.02 else _begins(ask, s),
    ),
    _streams(
        "unchanged, 12 streams on end late in each arm",
        lambda ask, s: s if _in_turns(ask, 150, 12) else _begins(ask, s),
    ),
    Service(
        name="unchanged, 20 requests on end closed in each arm",
        again=lambda ask: _in_turns(ask, 200, 20),
    ),
)
