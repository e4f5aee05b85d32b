"""When each request goes to which arm, drawn from a recorded seed alone.

The generator is part of what is recorded, and depends on no language: draw number n of a seed
(integers written in decimal) is SHA-256 of the ASCII text `harness-order-1 SEED PURPOSE n`, read as
a big-endian integer, modulo the six orders of three arms in lexicographic order. Draws are
independent of each other on purpose. Orders dealt from shuffled hands would balance positions
exactly, but then the last of a hand is known from those before it, and a test that may be looked at
any time is only valid if nothing past says anything about the next order.
"""

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, groupby, islice, permutations, takewhile
from statistics import median

from harness.errors import InputError

Order = tuple[int, int, int]
"""Arms in the order in which they are asked: 0 is production A, 1 production B, 2 the candidate."""

ORDERS: tuple[Order, ...] = tuple((a, b, c) for a, b, c in permutations(range(3)))

_SETTLED_WINDOW = 20
_SETTLED_CHANGE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One request of the recording, for all arms.

    `at` is when it should be sent, in seconds since all began or the block did; None means as
    soon as the one before it is answered.
    """

    number: int
    order: Order
    at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Some seconds of requests that each arm gets alone, one arm after the other in `order`.

    Arms that are asked alone share neither processors nor the client, so a stall or a queue is the
    arm's own. `sends` are the request's number and when it should be sent, in seconds since the
    arm's part of the block began.
    """

    order: Order
    sends: tuple[tuple[int, float], ...]


def order(seed: int, purpose: str, number: int) -> Order:
    """Return draw `number` of the seed: one of six orders, each as likely, found without others."""
    text = f"harness-order-1 {seed} {purpose} {number}"
    drawn = int.from_bytes(hashlib.sha256(text.encode("ascii")).digest(), "big")
    return ORDERS[drawn % len(ORDERS)]


def serial(
    numbers: Iterable[int],
    seed: int,
    *,
    cap: int | None = None,
    purpose: str = "turn",
    first: int = 0,
) -> Iterator[Turn]:
    """Return a turn for each request number, at most `cap`; a number may come again and again.

    `first` is the draw of the purpose to begin with: what is asked in several goes must not draw
    the same orders in each.
    """
    for position, number in enumerate(islice(numbers, cap), first):
        yield Turn(number=number, order=order(seed, purpose, position), at=None)


def open_loop(
    ats: Sequence[float], seed: int, rate: float | None = None, *, cap: int | None = None
) -> Iterator[Turn]:
    """Return turns at the recorded seconds `ats`, one per request, or evenly at `rate` a second.

    The first is sent at 0. Requests recorded out of order are sent in the order of their seconds.
    Raises InputError for seconds or a rate that are not times.
    """
    if rate is not None:
        _check(rate, "requests a second")
    for number, at in enumerate(ats):
        if not math.isfinite(at):
            raise InputError(f"request {number} was recorded at {at} seconds: record it again")
    numbers = sorted(range(len(ats)), key=ats.__getitem__)
    for position, number in enumerate(islice(numbers, cap)):
        at = position / rate if rate else ats[number] - ats[numbers[0]]
        yield Turn(number=number, order=order(seed, "turn", position), at=at)


def recorded(ats: Sequence[float], seed: int, seconds: float) -> list[Turn]:
    """Return turns at the recorded distances, as `open_loop` does, of the first so many `seconds`.

    Raises InputError where all were recorded at one time, so that there are no distances.
    """
    turns = list(takewhile(lambda turn: (turn.at or 0.0) < seconds, open_loop(ats, seed)))
    if min(ats, default=0.0) == max(ats, default=0.0):
        raise InputError(
            "every request of the recording has the same `at`, so that it tells no rate: record it "
            "with `harness record`, or give [shadow] rate as a number"
        )
    return turns


def blocks(turns: Iterable[Turn], seed: int, seconds: float) -> Iterator[Block]:
    """Return the same requests at the same distances, cut into blocks of so many seconds.

    Stretches of the recording without requests make no block. `turns` are in the order of their
    seconds, as `open_loop` returns them. Raises InputError for a length that is none.
    """
    _check(seconds, "seconds a block")
    timed = ((turn.number, turn.at) for turn in turns if turn.at is not None)
    stretches = groupby(timed, key=lambda send: math.floor(send[1] / seconds))
    for position, (stretch, sends) in zip(count(), stretches, strict=False):
        start = stretch * seconds
        yield Block(
            order=order(seed, "block", position),
            sends=tuple((number, max(0.0, at - start)) for number, at in sends),
        )


def _check(number: float, what: str) -> None:
    if not (math.isfinite(number) and number > 0):
        raise InputError(f"{number} {what} cannot be kept: give a number above 0")


def settled(
    latencies: Sequence[float], *, window: int = _SETTLED_WINDOW, change: float = _SETTLED_CHANGE
) -> bool:
    """Say whether an arm is warm: its running median has stopped moving.

    The medians of the last `window` latencies and of the `window` before them differ by no more
    than the share `change` of the larger. Fewer than two windows are never settled.
    """
    if len(latencies) < 2 * window:
        return False
    before, last = median(latencies[-2 * window : -window]), median(latencies[-window:])
    return abs(before - last) <= change * max(before, last)
