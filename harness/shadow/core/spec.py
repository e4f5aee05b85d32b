"""What a candidate is held against, and by which rules: `[shadow]` of env.toml as a value."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from harness.documents.table import Table
from harness.shadow.core.answers.answer import Protocol
from harness.shadow.core.answers.levels import Rules, Tolerance
from harness.shadow.core.evidence.finding import Budget
from harness.shadow.core.evidence.resources import LEAST_STARTS
from harness.shadow.core.evidence.trial import Margins

HEALTH = {
    Protocol.OPEN_INFERENCE: "/v2/health/ready",
    Protocol.MLFLOW: "/ping",
    Protocol.JSON: "/health",
}
Rate = float | Literal["recorded"] | None
"""Requests a second, or as far apart as they were recorded, or none."""
_LARGEST_PORT = 65535
_LARGEST_RATE = 10_000.0
_MOST_REQUESTS = 1_000_000
_MOST_STARTS = 100
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]{0,254}", re.ASCII)
_TARGET = re.compile(r"/[!-~]{0,1023}", re.ASCII)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_PATTERN = re.compile(r"([A-Z]{1,20} )?/[!-~]{0,1023}")
_MEMORY = (16, 1 << 20)
_PROCESSES = (4, 1 << 15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confinement:
    """What one arm may use: `memory` in MiB, processes and threads, directories it may write to."""

    memory: int = 2048
    processes: int = 256
    writable: tuple[str, ...] = ("/tmp",)  # noqa: S108 - in the container


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowSpec:
    """`[shadow]`, decoded; docs/env-toml.md says what each key means.

    `production` is a reference that the container engine knows, or a path below the environment's
    directory that ends in `.tar`; `recording` is a path below it. `requests` is the most that are
    asked one after the other; `rate` is how many a second are sent without waiting for answers
    afterwards, for at most `seconds`. `starts` is how often each arm is started to compare what it
    uses: 0 or at least 7. `group_by` is the path of a field of the request's JSON, or empty.
    `group_by_endpoint` makes method and path a group; `exclude` are patterns of paths that are not
    asked; `drawn` is whether the order of requests is, and not the recording's own.
    `headers` of answers are compared besides those that always are; in lower case.
    """

    production: str
    protocol: Protocol
    port: int
    health: str
    recording: str
    rules: Rules
    headers: tuple[str, ...] = ()
    margins: Margins = field(default_factory=Margins)
    budget: Budget = field(default_factory=Budget)
    tail_blocks: bool = False
    requests: int = 2000
    seconds_each: float = 30.0
    ready_within: float = 120.0
    rate: Rate = None
    seconds: float = 60.0
    starts: int = 0
    group_by: tuple[str, ...] = ()
    group_by_endpoint: bool = False
    exclude: tuple[str, ...] = ()
    drawn: bool = True
    confinement: Confinement = Confinement()

    @property
    def is_archive(self) -> bool:
        """Whether production is a file and not what the engine has."""
        return self.production.endswith(".tar")


def decode_shadow(table: Table) -> ShadowSpec:
    """Decode the table.

    Raises:
        InputError: names the key path, what was found and what was expected.

    """
    protocol = _protocol(table)
    spec = ShadowSpec(
        production=_matching(table, "production", _REFERENCE, "an image's reference or archive"),
        protocol=protocol,
        port=_between(table, "port", (1, _LARGEST_PORT), 8080),
        health=_matching(table, "health", _TARGET, "a path like /health", HEALTH[protocol]),
        recording=table.text("recording"),
        rules=_rules(table),
        headers=table.mapped("headers", _header_name, ()),
        margins=_margins(table.table("margins"), _floor(table)),
        budget=_budget(table),
        tail_blocks=table.flag("tail-blocks", default=False),
        requests=_between(table, "requests", (1, _MOST_REQUESTS), 2000),
        seconds_each=table.real("timeout", 30.0, (0.001, 3600.0)),
        ready_within=table.real("ready-within", 120.0, (1.0, 3600.0)),
        rate=_rate(table),
        seconds=table.real("seconds", 60.0, (1.0, 3600.0)),
        starts=_starts(table),
        group_by=_path(table, "group-by"),
        group_by_endpoint=table.flag("group-by-endpoint", default=False),
        exclude=table.mapped("exclude", _pattern, ()),
        drawn=_drawn(table),
        confinement=_confinement(table.table("confinement")),
    )
    table.finish()
    return spec


def _protocol(table: Table) -> Protocol:
    text = table.text("protocol")
    try:
        return Protocol(text)
    except ValueError:
        raise table.error("protocol", f"{text[:40]!r}; expected {', '.join(Protocol)}") from None


def _matching(
    table: Table, key: str, pattern: re.Pattern[str], what: str, default: str | None = None
) -> str:
    text = table.text(key, default)
    if not pattern.fullmatch(text):
        raise table.error(key, f"{text[:40]!r} is not {what}")
    return text


def _between(table: Table, key: str, bounds: tuple[int, int], default: int) -> int:
    value = table.number(key) if key in table else default
    if not bounds[0] <= value <= bounds[1]:
        raise table.error(key, f"expected {bounds[0]} to {bounds[1]}")
    return value


def _rate(table: Table) -> Rate:
    if not table.is_text("rate"):
        return table.real("rate", 0.0, (0.0, _LARGEST_RATE)) or None
    if (text := table.text("rate")) != "recorded":
        raise table.error("rate", f'{text[:40]!r}; expected a number or "recorded"')
    return "recorded"


def _starts(table: Table) -> int:
    starts = _between(table, "starts", (0, _MOST_STARTS), 0)
    if 0 < starts < LEAST_STARTS:
        raise table.error("starts", f"{starts} prove nothing: 0, or at least {LEAST_STARTS}")
    return starts


def _path(table: Table, key: str) -> tuple[str, ...]:
    text = table.text(key, "")
    return tuple(text.split(".")) if text else ()


def _rules(table: Table) -> Rules:
    scores = frozenset(table.texts("scores")) if "scores" in table else None
    return Rules(
        volatile=frozenset(table.texts("volatile", ())),
        tolerances=_tolerances(table.table("tolerances")),
        scores=scores,
    )


def _tolerances(table: Table) -> Mapping[str, Tolerance]:
    found = {}
    for name in table.names():
        one = table.table(name)
        found[name] = Tolerance(
            absolute=one.real("absolute", 0.0, (0.0, 1e308)),
            relative=one.real("relative", 0.0, (0.0, 1.0)),
        )
        one.finish()
    return found


def _floor(table: Table) -> float:
    """Return the least margin of latencies in seconds, which is written in milliseconds."""
    return table.real("latency-floor", Margins().floor * 1e3, (0.0, 1000.0)) / 1e3


def _margins(table: Table, floor: float) -> Margins:
    known = Margins()
    share = (1e-6, 0.5)
    margins = Margins(
        outputs=table.real("outputs", known.outputs, share),
        errors=table.real("errors", known.errors, share),
        median=table.real("median", known.median, (0.001, 10.0)),
        tail=table.real("tail", known.tail, share),
        slow=table.real("slow", 0.0, (0.0, 3600.0)) or None,
        floor=floor,
    )
    table.finish()
    return margins


def _budget(table: Table) -> Budget:
    """Share out the probability of a false alarm as the default budget does."""
    known = Budget()
    share = table.real("alpha", 0.01, (1e-6, 0.1)) / 0.01
    return Budget(
        outputs=known.outputs * share,
        errors=known.errors * share,
        median=known.median * share,
        tail=known.tail * share,
        resources=known.resources * share,
        control=known.control * share,
    )


def _confinement(table: Table) -> Confinement:
    known = Confinement()
    confinement = Confinement(
        memory=_between(table, "memory", _MEMORY, known.memory),
        processes=_between(table, "processes", _PROCESSES, known.processes),
        writable=table.mapped("writable", _absolute, known.writable),
    )
    table.finish()
    return confinement


def _pattern(text: str) -> str:
    if not _PATTERN.fullmatch(text):
        raise ValueError("expected a path like /admin/*, or a method before it")
    return text


def _drawn(table: Table) -> bool:
    orders = {"drawn": True, "recorded": False}
    if (text := table.text("order", "drawn")) not in orders:
        raise table.error("order", f"{text[:40]!r}; expected {' or '.join(orders)}")
    return orders[text]


def _header_name(name: str) -> str:
    if not _TOKEN.fullmatch(name):
        raise ValueError("not a header's name")
    return name.lower()


def _absolute(path: str) -> str:
    if not path.startswith("/") or {"", ".", ".."} & {*path[1:].split("/")}:
        raise ValueError("not an absolute, plain path")
    return path
