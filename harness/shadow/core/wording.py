"""Reasons in words: a row for each, with what joins it to the one before and how its facts read."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.shadow.core.evidence.reason import Reason, Why

_MOST_NAMED = 8
_MILLISECOND = 1e-3
_AND, _BESIDES, _HOW = ", and ", "; ", ": "

Facts = Mapping[str, Any]


def worded(reasons: Sequence[Reason]) -> str:
    """Return reasons as one sentence, in their order."""
    words = [(_JOINED.get(each.why, _BESIDES), WORDS[each.why](each.facts)) for each in reasons]
    return "".join(joined * (place > 0) + each for place, (joined, each) in enumerate(words))


def _named(fields: Sequence[str]) -> str:
    more = len(fields) - _MOST_NAMED
    shown = ", ".join(name or "the outcome" for name in fields[:_MOST_NAMED])
    return f"{shown} and {more} more" if more > 0 else shown


def _undeclared(facts: Facts) -> str:
    # An outcome, unlike a field, cannot be declared.
    if fields := [name for name in facts["fields"] if name]:
        return f"changes in production itself, declare it volatile: {_named(fields)}"
    return "the outcome changes in production itself"


def _bounded(facts: Facts, what: str) -> str:
    """Return how many requests showed something, and what that bounds the rate to."""
    shown = f"{facts['events']} of {facts['requests']} requests {what}"
    return f"{shown}: below {facts['below']:.2%} at 99 %" if facts["below"] < 1 else shown


def _differ(facts: Facts) -> str:
    alone = facts["production"]
    return _bounded(facts, f"differ ({alone} in production alone)" if alone else "differ")


def _failed(facts: Facts) -> str:
    told = {
        "production": "only in production, which is forgiven",
        "refused": "refused only by production",
    }
    also = "; ".join(f"{facts[key]} {words}" for key, words in told.items() if facts[key])
    what = "failed only in the candidate"
    return _bounded(facts, f"{what} ({also})" if also else what)


def _median(facts: Facts, said: str) -> str:
    floor = facts["floor"] / _MILLISECOND
    margin = f"slower by more than both {facts['margin']:.0%} and {floor:g} ms"
    start = ", one start of each arm" if facts["starts"] == 1 else ""
    return f"the median {said.format(margin)} (blocks of {facts['block']}{start})"


def _over_threshold(facts: Facts) -> str:
    late, over = (facts[key] / _MILLISECOND for key in ("late", "threshold"))
    candidate, production = facts["candidate"], facts["production"]
    took = f"{candidate} of {facts['requests']} took over {late:.1f} ms"
    return f"{took}, {production} of production's over {over:.1f}"


def _used(facts: Facts, said: str) -> str:
    ours, theirs = facts["candidate"], facts["production"]
    held = f"{ours / theirs - 1:+.1%} against production's" if theirs > 0 else f"{ours:g}, not 0"
    return f"{said}: the median is {held}, {facts['allowed']:+.0%} is allowed"


def _slow_start(facts: Facts, what: str) -> str:
    seconds, usual = facts["seconds"], facts["usual"]
    return (
        f"in the candidate, the {what} took {seconds:.3g} s there, elsewhere {usual:.3g} s at most"
    )


_OTHER = {
    "structure": "another structure than",
    "another": "another value than",
    "precision": "less precise than",
    "distance": "farther beyond tolerance than",
    "stands_out": "far beyond",
}
_JOINED: Mapping[Why, str] = {
    Why.GROWS: _AND,
    Why.SLOW_STRETCH: _AND,
    Why.SLOW_LATELY: _AND,
    Why.MORE_STARTS: _HOW,
    Why.TOO_MANY: _HOW,
}
WORDS: Mapping[Why, Callable[[Facts], str]] = {
    Why.NOTHING_COMPARED: lambda _: "no request was compared",
    Why.FIELD_DIFFERS: lambda f: f"{_named([f['field']])}: {_OTHER[f['how']]} production's own",
    Why.UNDECLARED: _undeclared,
    Why.DIFFER: _differ,
    Why.GROWS: lambda f: f"evidence grows of {_named(f['fields'])}",
    Why.NEEDS_RATE: lambda f: f"PASS needs below {100 * f['margin']:.3g}%",
    Why.WIDER_NOISE: lambda f: (
        f"noise is not proven as narrow as production's own in {_named(f['fields'])}"
    ),
    Why.OTHER_ERRORS: lambda f: f"in {f['requests']} both failed, with another error class",
    Why.NOISY: lambda f: f"production itself differs in {_named(f['fields'])}",
    Why.STILL: lambda f: f"when last asked {f['requests']} did",
    Why.FAILED: _failed,
    Why.FEW_LATENCIES: lambda f: f"{f['known']} latencies were compared, {f['needed']} are needed",
    Why.NOT_SLOWER: lambda f: _median(f, "is not {}"),
    Why.SLOWER: lambda f: _median(f, "is {}"),
    Why.MAYBE_SLOWER: lambda f: _median(f, "may be {} or not"),
    Why.SLOW_STRETCH: lambda _: "for a stretch of requests it was",
    Why.SLOW_LATELY: lambda _: "its latest requests are slow",
    Why.MORE_STARTS: lambda f: (
        f"of {f['starts']} more starts of all arms it was the slowest by more than that in "
        f"{f['slowest']}, and not slower in {f['faster']}"
    ),
    Why.SLOW_ALONE: lambda f: (
        f"the candidate alone took over {f['times']:g} times as long as both others in "
        f"{f['candidate']} requests, production's arms in {f['a']} and {f['b']}"
    ),
    Why.FEW_IN_TURN: lambda f: (
        f"of so few requests nothing could have been shown, {f['needed']} are needed"
    ),
    Why.NO_THRESHOLD: lambda f: (
        f"{f['known']} latencies are known, the threshold is fixed after {f['needed']}"
    ),
    Why.NO_LATENCY: lambda _: "no latency was compared",
    Why.OVER_THRESHOLD: _over_threshold,
    Why.LESS_SLOW: lambda f: f"less than {f['margin']:.1%} more than in production",
    Why.MORE_SLOW: lambda _: "more than in production",
    Why.ARMS_UNLIKE: lambda _: "one production arm has more than the other",
    Why.NEEDS_REQUESTS: lambda f: f"PASS needs {f['needed']} that are compared",
    Why.NEEDS_EVIDENCE: lambda f: (
        f"PASS needs evidence of {f['needed']:.0f}, this is {f['found']:.3g}"
    ),
    Why.FEW_STARTS: lambda f: f"{f['starts']} starts of each arm, {f['needed']} are needed",
    Why.MORE_USED: lambda f: _used(f, "more than allowed"),
    Why.NO_MORE_USED: lambda f: _used(f, "no more than allowed"),
    Why.MAYBE_MORE_USED: lambda f: _used(f, "may be more than allowed or not"),
    Why.BAD_STARTS: lambda f: (
        f"{f['candidate']} of {f['starts']} starts went badly for the candidate alone, "
        f"{f['production']} for one of production"
    ),
    Why.BAD_OUTCOMES: lambda f: (
        f"in the candidate, {f['events']} of {f['requests']} answers had another outcome there "
        f"alone ({f['outcome']})"
    ),
    Why.BAD_ANSWERS: lambda f: (
        f"in the candidate, {f['events']} of {f['requests']} answers differed there alone"
    ),
    Why.SLOWEST_ANSWER: lambda f: _slow_start(f, "slowest answer"),
    Why.SLOW_TOGETHER: lambda f: _slow_start(f, "answers together"),
    Why.CLOSED: lambda f: (
        f"closed under {f['candidate']} of {f['requests']} requests only by the candidate "
        f"({f['production']} only by production)"
    ),
    Why.LATE: lambda f: (
        f"of {f['streams']} answers that came in pieces, {f['candidate']} began late only in the "
        f"candidate ({f['production']} only in production)"
    ),
    Why.TOO_MANY: lambda _: "too many for chance, too few for proof",
    Why.BROKEN: lambda f: str(f["said"]),
    Why.UNANSWERED: lambda f: (
        f"{f['asked']} requests were asked, {f['answered']} were answered for"
    ),
    Why.NOTHING_ASKED: lambda _: "no request was asked",
    Why.ENDED: lambda f: str(f["ending"]),
}
