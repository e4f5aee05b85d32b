"""What a candidate is held against, and by which rules: `[shadow]` of env.toml as a value."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from harness.documents.key import Between, Checked, Flag, Key, Keys, Parsed, PlacedError, matching
from harness.documents.table import describe
from harness.shadow.core.answers import protocols
from harness.shadow.core.answers.levels import Rules, Tolerance
from harness.shadow.core.answers.protocols import Protocol
from harness.shadow.core.evidence.finding import Budget
from harness.shadow.core.evidence.margins import LEAST_STARTS, Margins

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
_KNOWN = Margins()
_ALPHA = 0.01
_MILLISECOND = 1e-3
_SHARE = Between(1e-6, 0.5)
_SECONDS = Between(1.0, 3600.0)


def _pattern(text: str) -> str:
    if not _PATTERN.fullmatch(text):
        raise ValueError("expected a path like /admin/*, or a method before it")
    return text


def _header_name(name: str) -> str:
    if not _TOKEN.fullmatch(name):
        raise ValueError("not a header's name")
    return name.lower()


def _absolute(path: str) -> str:
    if not path.startswith("/") or {"", ".", ".."} & {*path[1:].split("/")}:
        raise ValueError("not an absolute, plain path")
    return path


def _starts(count: int) -> int:
    if 0 < count < LEAST_STARTS:
        raise ValueError(f"{count} prove nothing: 0, or at least {LEAST_STARTS}")
    return count


@dataclass(frozen=True, slots=True)
class _PerSecond:
    """A number of requests, or as the recording has them; none is None."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return {"type": "function-plain", "function": {"type": "no-info", "function": _rate}}

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> Any:
        numbers = {"type": "number", "minimum": 0, "maximum": _LARGEST_RATE}
        return {"anyOf": [numbers, {"const": "recorded"}]}


def _rate(value: Any) -> Rate:
    if value == "recorded":
        return "recorded"
    if (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and 0 <= value <= _LARGEST_RATE
    ):
        return float(value) or None
    raise PlacedError(f'expected 0 to {_LARGEST_RATE:g}, or "recorded", found {describe(value)}')


@dataclass(frozen=True, slots=True, kw_only=True)
class Confinement(Keys):
    """What one arm may use."""

    memory: Annotated[int, Between(16, 1 << 20), Key("MiB, as one container.", 4096)] = 2048
    processes: Annotated[int, Between(4, 1 << 15), Key("Processes and threads.", 512)] = 256
    writable: Annotated[
        tuple[Annotated[str, Parsed(_absolute)], ...],
        Key("Directories that it may write to, which are kept in memory.", ["/tmp", "/run"]),  # noqa: S108 - in the container
    ] = ("/tmp",)  # noqa: S108 - in the container


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds(Keys):
    """How much worse is still no worse."""

    outputs: Annotated[
        float,
        _SHARE,
        Key("The share of requests that only the candidate answers differently.", 0.02),
    ] = _KNOWN.outputs
    errors: Annotated[
        float, _SHARE, Key("The share of requests that only the candidate fails.", 0.005)
    ] = _KNOWN.errors
    median: Annotated[
        float,
        Between(0.001, 10.0),
        Key("By how much the median latency may grow, relatively.", 0.1),
    ] = _KNOWN.median
    tail: Annotated[
        float, _SHARE, Key("The share of requests that are slower than `slow`.", 0.02)
    ] = _KNOWN.tail
    slow: Annotated[
        Annotated[float, Between(0.0, 3600.0)] | None,
        Checked(lambda seconds: seconds or None),
        Key("Seconds.", 0.5, default="production's own 99th percentile"),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart(Keys):
    """How far two numbers of a field may be apart: by either, added."""

    absolute: Annotated[float, Between(0.0, 1e308), Key("By a number.", 0.001)] = 0.0
    relative: Annotated[float, Between(0.0, 1.0), Key("By a share of the larger.", 1e-6)] = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowSpec(Keys):
    """What a candidate is held against, and by which rules: `harness shadow`; docs/shadow.md."""

    production: Annotated[
        str,
        matching(_REFERENCE, "not an image's reference or archive"),
        Key(
            "The image to compare with: a reference that the container engine knows, or a path "
            "below the environment's directory that ends in `.tar`. Nothing is pulled.",
            "service:1",
        ),
    ]
    protocol: Annotated[
        Protocol,
        Parsed(protocols.named, known=protocols.PROTOCOLS),
        Key("How requests and answers are read.", "open-inference-v2"),
    ]
    recording: Annotated[
        str,
        Key(
            "The recorded requests, below the environment's directory: what `harness record` "
            "writes, or JSON lines with `method`, `target` and `body`, `body-text` or "
            "`body-base64`; also `at` and `headers`.",
            "traffic.jsonl",
        ),
    ]
    port: Annotated[
        int,
        Between(1, _LARGEST_PORT),
        Key("Where the service listens inside its container.", 8081),
    ] = 8080
    health: Annotated[
        str,
        matching(_TARGET, "not a path like /health"),
        Key(
            "A path that is answered with success once the service is ready.",
            "/health",
            default="the protocol's",
        ),
    ] = ""
    volatile: Annotated[
        tuple[str, ...],
        Key(
            "Fields of an answer whose values say nothing; only presence, type and shape are "
            "compared. A header is `header:` and its name.",
            ["trace-id", "header:location"],
        ),
    ] = ()
    headers: Annotated[
        tuple[Annotated[str, Parsed(_header_name)], ...],
        Key(
            "Headers of answers to compare besides those that always are; docs/shadow.md lists "
            "them.",
            ["X-Model-Version"],
        ),
    ] = ()
    scores: Annotated[
        tuple[str, ...] | None,
        Key(
            "Fields whose largest value is a class, in place of those that are told by their form.",
            ["outputs.probability"],
            default="those that look like probabilities",
        ),
    ] = None
    tolerances: Annotated[
        Mapping[str, Apart],
        Key(
            "How far two numbers of a field may be apart, in place of what their type allows.",
            {"outputs.score": {"relative": 1e-6}},
            kind="table: field -> absolute, relative",
        ),
    ] = field(default_factory=dict)
    margins: Bounds = Bounds()
    latency_floor: Annotated[
        float,
        Between(0.0, 1000.0),
        Key(
            "Milliseconds by which a request may always take longer, where the relative "
            "margin is less.",
            0.02,
        ),
    ] = _KNOWN.floor / _MILLISECOND
    alpha: Annotated[
        float,
        Between(1e-6, 0.1),
        Key("The probability that an unchanged service fails.", 0.001),
    ] = _ALPHA
    tail_blocks: Annotated[
        Flag, Key("Whether PASS needs the tail of latencies too.", example=True)
    ] = False
    requests: Annotated[
        int,
        Between(1, _MOST_REQUESTS),
        Key("The most requests that are asked one after the other.", 10000),
    ] = 2000
    timeout: Annotated[
        float, Between(0.001, 3600.0), Key("Seconds after which an answer is missing.", 5)
    ] = 30.0
    ready_within: Annotated[
        float, _SECONDS, Key("Seconds that a service may take until it is ready.", 600)
    ] = 120.0
    rate: Annotated[
        Rate,
        _PerSecond(),
        Key(
            "Requests a second that are sent afterwards without waiting for answers, each arm "
            'alone; 0 sends none, "recorded" keeps the distances of the recording.',
            100,
            kind='float or "recorded"',
            default="0",
        ),
    ] = None
    seconds: Annotated[
        float, _SECONDS, Key("For how long at most, each arm; a recording is not repeated.", 20)
    ] = 60.0
    starts: Annotated[
        int,
        Between(0, _MOST_STARTS),
        Checked(_starts),
        Key(
            "How often each arm is started to compare memory, CPU time and start time: 0, or "
            f"{LEAST_STARTS} and more.",
            LEAST_STARTS,
        ),
    ] = 0
    group_by: Annotated[
        str,
        Key(
            "The path of a field of the request's JSON: requests are also compared by its values.",
            "parameters.channel",
        ),
    ] = ""
    group_by_endpoint: Annotated[
        Flag,
        Key(
            "Whether method and path, without ids, are a group; before the field's value if there "
            "is `group-by`.",
            example=True,
        ),
    ] = False
    exclude: Annotated[
        tuple[Annotated[str, Parsed(_pattern)], ...],
        Key(
            "Requests that are not asked: paths with `*`, which stands for `/` too, and before "
            "each a method or none.",
            ["/metrics", "DELETE /*"],
        ),
    ] = ()
    order: Annotated[
        Literal["drawn", "recorded"],
        Key(
            "In which order requests are asked: `drawn`, so that all endpoints come early, or "
            "`recorded`, for services whose answers depend on earlier requests.",
            "recorded",
        ),
    ] = "drawn"
    confinement: Confinement = Confinement()

    @property
    def is_archive(self) -> bool:
        """Whether production is a file and not what the engine has."""
        return self.production.endswith(".tar")

    @property
    def ready_at(self) -> str:
        """The path that says whether the service is ready."""
        return self.health or self.protocol.health

    @property
    def rules(self) -> Rules:
        """What is declared about answers."""
        return Rules(
            volatile=frozenset(self.volatile),
            tolerances={
                name: Tolerance(absolute=one.absolute, relative=one.relative)
                for name, one in self.tolerances.items()
            },
            scores=None if self.scores is None else frozenset(self.scores),
        )

    @property
    def allowed(self) -> Margins:
        """How much worse is still no worse."""
        one = self.margins
        return Margins(
            outputs=one.outputs,
            errors=one.errors,
            median=one.median,
            tail=one.tail,
            slow=one.slow,
            floor=self.latency_floor * _MILLISECOND,
        )

    @property
    def budget(self) -> Budget:
        """The probability of a false alarm, shared out as the default budget does."""
        known, share = Budget(), self.alpha / _ALPHA
        return Budget(
            outputs=known.outputs * share,
            errors=known.errors * share,
            median=known.median * share,
            tail=known.tail * share,
            resources=known.resources * share,
            control=known.control * share,
        )

    @property
    def grouped_by(self) -> tuple[str, ...]:
        """The steps down to the field whose values are groups; none of none."""
        return tuple(self.group_by.split(".")) if self.group_by else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowTable(Keys):
    """The key of env.toml that says whether an environment is held against production."""

    shadow: ShadowSpec | None = None
