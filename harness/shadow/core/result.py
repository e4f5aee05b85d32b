"""What a comparison by shadow inference found: everything that a report shows, as one value."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from math import isfinite
from typing import Any

from harness.render.chart import Point
from harness.shadow.core.evidence.finding import Finding
from harness.shadow.core.evidence.resources import Resource
from harness.shadow.core.page.differing import FieldCount
from harness.shadow.core.page.e_values import EValues
from harness.shadow.core.page.flips import Count
from harness.shadow.core.page.forest import Effect
from harness.shadow.core.page.latency import Stretch
from harness.shadow.core.page.quantiles import Quantile
from harness.shadow.core.wording import worded
from harness.verdict import Judgement

RESULT_FORMAT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One service: its name, what was asked for, and the id of the image that it ran."""

    name: str
    reference: str
    image: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What was asked for: enough to do the same again.

    `shadow` is `[shadow]` as env.toml has it, changed by the command's options; `recording` is the
    sha256 of the recording's file. With `fixed` the comparison does not end before its requests do.
    `options` are those of the command that say against what, for it to be given again. `harness`
    is the version that ran.
    """

    environment: str
    arms: tuple[Arm, Arm, Arm]
    shadow: Mapping[str, Any]
    recording: str
    seed: int
    fixed: bool
    options: tuple[str, ...] = ()
    harness: str = ""

    def replay_command(self, number: int) -> str:
        """Return the command line that asks one request of the recording again."""
        words = ["harness", "shadow", self.environment, *self.options, "--only", str(number)]
        return shlex.join(words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many requests were asked; what became of them, an arm each (A, B, candidate).

    `failed` counts an arm's answers without success by outcome: a status code or a failure's name.
    `sent_again` are requests that went out twice, since the service closed an idle connection.
    """

    asked: int
    replayed: int
    succeeded: tuple[int, int, int]
    failed: tuple[Mapping[str, int], Mapping[str, int], Mapping[str, int]]
    sent_again: tuple[int, int, int] = (0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """One request that the candidate answered differently, and how, in words."""

    number: int
    level: str
    reasons: tuple[str, ...]
    seconds: tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The requests that share a value of one field; its findings decide nothing by themselves."""

    name: str
    requests: int
    differed: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detectable:
    """The smallest change of a family that so many requests could have shown.

    A share of requests, or a relative change of the median; infinite if none could be shown.
    """

    family: str
    change: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowResult:
    """The whole: `differences` are pairs of numbers in the field that differs most (`field`).

    `judged` says, of a comparison that is judged again and now otherwise, what it was judged then.
    """

    asked: Setup
    ending: str
    judgement: Judgement
    findings: tuple[Finding, ...]
    counts: Counts
    levels: Mapping[str, int]
    worst: tuple[Worst, ...]
    groups: tuple[Group, ...]
    volatile: tuple[str, ...]
    unexercised: tuple[str, ...]
    detectable: tuple[Detectable, ...]
    effects: tuple[Effect, ...]
    quantiles: tuple[Quantile, ...]
    stretches: tuple[Stretch, ...]
    field: str
    differences: tuple[Point, ...]
    noise: tuple[float, float]
    flips: tuple[Count, ...]
    flip_margins: tuple[float, ...]
    e_values: tuple[EValues, ...]
    resources: Mapping[str, Resource]
    differing: tuple[FieldCount, ...] = ()
    judged: str = ""


def judged_again(result: ShadowResult, then: str, harness: str) -> ShadowResult:
    """Return a result from an earlier log, marked where it is not what was found `then`.

    `harness` is the version that judges now.
    """
    if then in {"", result.judgement}:
        return result
    by = f" by harness {result.asked.harness}" if result.asked.harness else ""
    judged = (
        f"judged again by harness {harness}; the comparison and its page say {then}, as judged{by}"
    )
    return replace(result, judged=judged)


def as_object(result: ShadowResult) -> dict[str, Any]:
    """Return the result for JSON: docs/shadow.md says what each key means.

    Keys have dashes; a number that JSON does not know is a text, such as "inf".
    """
    plain: dict[str, Any] = _plain(result)
    return {"format": RESULT_FORMAT, **plain}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        words = {"reason": worded(value.reasons)} if isinstance(value, Finding) else {}
        plain = {
            each.name.replace("_", "-"): _plain(getattr(value, each.name)) for each in fields(value)
        }
        return words | plain
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, Enum | str):
        return str(value)
    if isinstance(value, Sequence):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, float) and not isfinite(value) else value
