"""Services that harm, each with a name that docs/evidence.md refers to, and those that do not."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from harness.record.core.exchange import Headers
from harness.shadow.core.answers.levels import Rules, Tolerance
from tests.shadow.core import connections
from tests.shadow.core.whole import LENGTH, Ask, Service

SCORES = Rules(tolerances={"score": Tolerance(relative=1e-3)})


def answer(ask: Ask) -> dict[str, Any]:
    """Return what production means to answer."""
    content = ask.content
    return {"score": content.gauss(0, 1), "label": content.choice(["cat", "dog", "cow"])}


def noisy(ask: Ask, spread: float = 0.01) -> dict[str, Any]:
    """Return an answer whose score is each time another one."""
    meant = answer(ask)
    return meant | {"score": meant["score"] + spread * ask.draw.gauss(0, 1)}


def _in(ask: Ask, share: float, salt: int = 0) -> bool:
    """Tell whether the request is one of a share of all, whoever is asked."""
    return type(ask.content)(ask.number * 7919 + salt).random() < share


def _refused(status: str, share: float = 0.05) -> Service:
    return Service(
        name=f"{status} in production, 200 in the candidate",
        outcome=lambda ask: status if _in(ask, share) and not ask.harmed else "200",
        body=answer,
    )


def _fails_as(status: str) -> Service:
    def outcome(ask: Ask) -> str:
        if not _in(ask, 0.02):
            return "200"
        return status if ask.harmed else "500"

    return Service(name=f"{status} where production has 500", body=answer, outcome=outcome)


def _also(share: float) -> Service:
    def body(ask: Ask) -> dict[str, Any]:
        meant = answer(ask)
        if not _in(ask, share):
            return meant
        return meant | {"id": None if ask.harmed else f"{ask.draw.getrandbits(64):x}"}

    return Service(name=f"null for an id present in {share:.0%}", body=body)


def _volatile(name: str, harmed: Any, share: float = 0.3) -> Service:
    """Return a service whose field changes in a share of requests, and what the candidate has."""

    def body(ask: Ask) -> Any:
        meant = answer(ask) | {"batch": "first"}
        if ask.draw.random() < share:
            meant["batch"] = f"{ask.draw.getrandbits(32):x}"
        return harmed(ask, meant) if ask.harmed else meant

    return Service(name=name, body=body)


def _without_batch(ask: Ask, meant: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in meant.items() if key != "batch" or not _in(ask, 0.1)}


def _off(name: str, deviation: float, share: float, spread: float = 0.01) -> Service:
    def body(ask: Ask) -> dict[str, Any]:
        given = noisy(ask, spread)
        off = ask.harmed and _in(ask, share)
        return given | {"score": given["score"] + deviation * spread * off}

    return Service(name=name, body=body)


def _spread(name: str, ratio: float) -> Service:
    return Service(name=name, body=lambda ask: noisy(ask, 0.01 * (ratio if ask.harmed else 1)))


def _slow(name: str, slower: Any, **changes: Any) -> Service:
    return Service(
        name=name,
        body=answer,
        seconds=lambda ask, seconds: slower(ask, seconds) if ask.harmed else seconds,
        **changes,
    )


def after_any(ask: Ask, seconds: float, length: int) -> float:
    """Return the latency, five times as long after a place that each run draws."""
    return seconds * (5 if ask.place >= ask.change * length else 1)


def _usual(_: Ask) -> str:
    return "200"


def _bare(_: Ask) -> Headers:
    return ()


def _differing(
    name: str,
    outcome: Callable[[Ask], str] = _usual,
    headers: Callable[[Ask], Headers] = _bare,
    warm_up: int = 0,
    usual: Headers = (),
) -> Service:
    """Return a service whose candidate alone has another outcome, or headers other than usual."""
    return Service(
        name=name,
        body=answer,
        outcome=lambda ask: outcome(ask) if ask.harmed else "200",
        headers=lambda ask: headers(ask) if ask.harmed else usual,
        warm_up=warm_up,
    )


def _of_any_size(ask: Ask) -> float:
    return float(10 ** ask.content.uniform(-6, 6) * (1 + 1e-6 * ask.draw.gauss(0, 1)))


def pausing(ask: Ask, seconds: float, every: int = 400, length: int = 12) -> float:
    """Return the latency of an arm that is slow now and then, for some requests on end."""
    place = ask.place + 131 * ask.arm + int(ask.change * 10_000)
    return seconds * (5 if place % every < length else 1)


def _failing_on_end(status: str, every: int, length: int) -> Service:
    """Return a service each of whose arms fails now and then, some requests on end."""

    def outcome(ask: Ask) -> str:
        moment = ask.moment + 131 * ask.arm + int(ask.change * 10_000)
        return status if moment % every < length else "200"

    name = f"unchanged, {length} requests on end answered with {status} in each arm"
    return Service(name=name, body=answer, outcome=outcome)


HARMS = (
    *(_refused(status) for status in ("302", "401", "404", "422")),
    _off("1,000 sd under noise in 10 %", 1_000, 0.1),
    _off("1,000 sd under noise in 3 %", 1_000, 0.03),
    _off("1,000 sd under noise in 1.5 %", 1_000, 0.015),
    _off("8 sd under noise in 10 %", 8, 0.1),
    _spread("noise four times as wide", 4.0),
    _also(0.3),
    _also(0.03),
    _volatile("null for a field that varies", lambda _, meant: meant | {"batch": None}),
    _volatile("another type for a field that varies", lambda _, meant: meant | {"batch": 7}),
    _volatile("a field that varies is missing in 10 %", _without_batch),
    _volatile(
        "an HTML page beside a field that varies",
        lambda ask, meant: b"<html>no</html>" if _in(ask, 0.05) else meant,
    ),
    Service(
        name="an empty list",
        body=lambda ask: {"list": [] if ask.harmed and _in(ask, 0.02) else [ask.content.random()]},
    ),
    Service(
        name="a field is missing in 1 %",
        body=lambda ask: (
            {"label": 1} if ask.harmed and _in(ask, 0.01) else {"label": 1, "score": 0.5}
        ),
    ),
    Service(
        name="another request's answer in 2 %",
        body=lambda ask: {
            "id": ask.number + (ask.harmed and _in(ask, 0.02)),
        },
    ),
    Service(
        name="faster but wrong",
        body=lambda ask: answer(ask) | ({"label": "cow"} if ask.harmed else {}),
        seconds=lambda ask, seconds: seconds * (0.5 if ask.harmed else 1),
    ),
    Service(name="500 of both", outcome=lambda _: "500"),
    *(_fails_as(status) for status in ("400", "503")),
    _slow("five times slower after 200", lambda ask, s: s * (5 if ask.place >= 200 else 1)),
    _slow("five times slower after any request", lambda ask, s: after_any(ask, s, 700)),
    _slow("slower at the start", lambda ask, s: s * (5 if ask.place < 100 else 1)),
    _slow("4 % of requests + 300 ms", lambda ask, s: s + 0.3 * (ask.draw.random() < 0.04)),
    _slow("8 % of requests + 1 s", lambda ask, s: s + 1.0 * (ask.draw.random() < 0.08)),
    _slow(
        "every tenth request five times slower", lambda ask, s: s * (5 if not ask.place % 10 else 1)
    ),
    _slow(
        "one endpoint of five 60 % slower", lambda ask, s: s * (1.6 if not ask.number % 5 else 1)
    ),
    _slow(
        "one endpoint of twenty three times slower",
        lambda ask, s: s * (3 if not ask.number % 20 else 1),
    ),
    _slow("drifts to twice the latency", lambda ask, s: s * (1 + ask.place / LENGTH)),
    _slow("latency of more noise", lambda ask, s: s * 2.718 ** (0.5 * ask.draw.gauss(0, 1))),
    _differing(
        "503 after ready", outcome=lambda ask: "503" if ask.place < 0 else "200", warm_up=40
    ),
    _slow(
        "the first answer takes 8 s",
        lambda ask, s: s + 8 * (ask.place < 0 and not ask.number),
        warm_up=40,
    ),
    _differing(
        "another Location",
        headers=lambda _: (("Location", "/new"),),
        usual=(("Location", "/old"),),
    ),
    _differing(
        "Retry-After is missing",
        headers=lambda ask: () if _in(ask, 0.02) else (("Retry-After", "9"),),
        usual=(("Retry-After", "9"),),
    ),
    _differing(
        "a longer Retry-After",
        headers=lambda _: (("Retry-After", "900"),),
        usual=(("Retry-After", "9"),),
    ),
    _differing(
        "201 where production has 200", outcome=lambda ask: "201" if _in(ask, 0.01) else "200"
    ),
    _differing("a redirect", outcome=lambda ask: "302" if _in(ask, 0.01) else "200"),
    _differing(
        "a time-out in 2 %", outcome=lambda ask: "timed out" if ask.draw.random() < 0.02 else "200"
    ),
    Service(
        name="null for a declared field",
        body=lambda ask: {"id": None if ask.harmed and _in(ask, 0.02) else ask.draw.random()},
        rules=Rules(volatile=frozenset({"id"})),
    ),
    Service(
        name="a declared field is missing",
        body=lambda ask: {} if ask.harmed and _in(ask, 0.02) else {"id": {"a": ask.draw.random()}},
        rules=Rules(volatile=frozenset({"id"})),
    ),
    Service(
        name="a constant for what varies",
        body=lambda ask: answer(ask) | {"id": "x" if ask.harmed else f"{ask.draw.getrandbits(64)}"},
    ),
    Service(
        name="1,000 sd in one of twenty noisy fields",
        body=lambda ask: {
            f"f{place}": ask.content.gauss(0, 1) * (1 + 1e-6 * ask.draw.gauss(0, 1))
            + (place == 7 and ask.harmed and _in(ask, 0.03)) * 1e-3
            for place in range(20)
        },
    ),
    Service(
        name="1,000 sd where noise is relative",
        body=lambda ask: {
            "score": _of_any_size(ask) * (1 + 1e-3 * (ask.harmed and _in(ask, 0.05)))
        },
    ),
    Service(
        name="labels that flip more often than production's",
        body=lambda ask: (
            answer(ask)
            | ({"label": "none"} if ask.draw.random() < (0.1 if ask.harmed else 0.02) else {})
        ),
    ),
    Service(
        name="swapped answers under noise",
        body=lambda ask: {
            "score": random.Random(ask.number - (ask.harmed and _in(ask, 0.02))).gauss(0, 1)  # noqa: S311
            + 0.01 * ask.draw.gauss(0, 1)
        },
    ),
    _slow("five times slower in the last fifth", lambda ask, s: s * (5 if ask.place >= 560 else 1)),
    _slow("2 % of requests + 300 ms", lambda ask, s: s + 0.3 * (ask.draw.random() < 0.02)),
    _slow("twice as slow", lambda _, s: 2 * s),
    _slow("a tenth slower", lambda _, s: 1.1 * s),
    _slow("a fifth slower, whatever a start's luck", lambda _, s: 1.2 * s, luck=0.02),
    *connections.HARMS,
)

UNCHANGED = Service(name="unchanged", body=answer)
BENIGN = (
    UNCHANGED,
    replace(UNCHANGED, name="unchanged, AR(1) .5", dependence=0.5),
    replace(UNCHANGED, name="unchanged, AR(1) .8", dependence=0.8),
    Service(name="unchanged, noise in its answers", body=noisy),
    Service(name="unchanged, noise of any size", body=lambda ask: {"score": _of_any_size(ask)}),
    Service(
        name="unchanged, a declared id",
        body=lambda ask: answer(ask) | {"id": f"{ask.draw.getrandbits(64)}"},
        rules=Rules(volatile=frozenset({"id"})),
    ),
    Service(
        name="unchanged, 1 % of requests slow in each arm",
        body=answer,
        seconds=lambda ask, seconds: seconds * (20 if ask.draw.random() < 0.01 else 1),
    ),
    Service(
        name="production's own 500s are gone",
        body=answer,
        outcome=lambda ask: "500" if _in(ask, 0.02) and not ask.harmed else "200",
    ),
    *connections.BENIGN,
)
UNLUCKY = (
    replace(UNCHANGED, name="unchanged, starts that vary by 3 %", luck=0.03),
    replace(UNCHANGED, name="unchanged, starts that vary by 8 %", luck=0.08),
    Service(name="unchanged, 12 requests on end slow in each arm", body=answer, seconds=pausing),
    Service(
        name="unchanged, twenty noisy fields",
        body=lambda ask: {
            f"f{place}": ask.content.gauss(0, 1) * (1 + 1e-6 * ask.draw.gauss(0, 1))
            for place in range(20)
        },
    ),
    Service(
        name="unchanged, 5xx in 1 % of each arm's answers",
        body=answer,
        outcome=lambda ask: "503" if ask.draw.random() < 0.01 else "200",
    ),
    *(
        _failing_on_end(status, every, length)
        for status in ("429", "503")
        for every, length in ((200, 3), (400, 12))
    ),
    Service(
        name="unchanged, 429 in 2 % of each arm's answers",
        body=answer,
        outcome=lambda ask: "429" if ask.draw.random() < 0.02 else "200",
    ),
    Service(
        name="B noisier than A",
        body=lambda ask: noisy(ask, 0.03 if ask.arm == 1 else 0.01),
    ),
    *connections.UNLUCKY,
)
"""What does no harm, and may come to INCONCLUSIVE."""
SMALL = (
    _slow(
        "one endpoint of five 30 % slower", lambda ask, s: s * (1.3 if not ask.number % 5 else 1)
    ),
)
"""Harms that are as small as what docs/evidence.md says cannot be relied on to be seen."""
ALL = (*HARMS, *BENIGN, *UNLUCKY, *SMALL)
