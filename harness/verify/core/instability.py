"""What differs between two rebuilds under equal conditions is called what its bytes prove.

A race is said only of what stands in another order, and real time only of values that lie between
the two builds. What proves nothing is "not stable by itself", and no more.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from harness.formats.change import At, Change, Kind, Place, Step
from harness.verify.core.hints import (
    FILE_TIME,
    HOST_STATE,
    RACE,
    TEMPORARY_NAME,
    is_file_time,
    is_inode,
    is_permuted,
    is_reading,
    is_reordered,
    numbers,
)
from harness.verify.core.moments import DAY, moments, times_of_day

UNSTABLE = "not stable"
REAL_TIME = "real time"
"""The clock itself, seen by what the shim does not reach."""
NEW_TIME = "new time"
"""Real time of which the bytes do not tell whether a file's or a clock's it is."""
DIGEST = "digest"
"""No kind of its own: it varies as that does which it is a digest of."""

_VAGUE = frozenset([UNSTABLE, "random", HOST_STATE, "monotonic", DIGEST])
"""What lines that stand elsewhere look like when they are held against one another."""
_NUMBERED = frozenset([At.ELEMENT, At.INDEX, At.LINE, At.TO, At.WORD])
"""Steps to one of several things of a list."""
_SLACK = 600
"""Seconds that a clock shown in two places may differ by: the length of a build."""
_LARGE = 1000
"""Whole numbers above may be a reading of the host's: blocks, inodes, kilobytes."""
_MINUTE = 60
_TEMPORARY = re.compile(r"\btmp[._-]?\w{4,}|/tmp/[\w.-]+")
_TEMPLATE = re.compile(
    r"([\w-]{2,})[.](?=\w*[A-Z])(?=\w*[a-z])(?=\w*\d|\w*[A-Z]\w*[A-Z])(\w{6,12})\b"
)
_DIGEST = re.compile(
    r"(?<![\w/+])(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56,128})(?!\w)"
    r"|(?<![\w/+-])[\w/+-]{43}=?(?![\w/+-])|(?<![\w/+])[\w/+]{86}=?=?(?![\w/+])"
)
_READING = re.compile(
    r"\b(?:Mem|Vm|Rss)[A-Z]\w+|\bSwap|\bkB\b|uptime|\binode|\bblocks\b|load_?av|\bload\d*\b|\bMHz\b"
    r"|\bavail|\bfree\b|ctxt|\bbtime\b|maxrss|\brss\b|\bfaults?\b|\bcpu\d+\b|\bprocs_"
    r"|^\d+\.\d\d \d+\.\d\d \d+\.\d\d \d+/\d+ \d+$",
    re.IGNORECASE | re.MULTILINE,
)
"""Words beside readings of the host's, and a line of /proc/loadavg."""
_DURATION = re.compile(
    r"second|duration|elapsed|took|timing|\btimes?\b|_ms\b|\d ?[mnµu]s\b|\bloops?\b|\d s\b"
    r"|\bticks\b|\bcycles\b|latency|throughput|per_sec",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """When two builds ran: Unix times of the first's end and the second's."""

    first: float
    second: float


def instabilities(
    changes: Sequence[Change],
    span: Span,
    unmoved: Collection[str] = (),
    *,
    ordered: bool = False,
    lines: Sequence[str] = (),
) -> tuple[str, ...]:
    """Name what differs between two rebuilds under equal conditions, by its bytes.

    `span` tells when they ran: the clocks that programs read are pinned, so that what moved as
    real time did was written by the kernel or by a program out of the shim's reach. Factors that
    are `unmoved`, as the shim did not reach the build, are named themselves. `ordered` says that
    the contents are known to have the same words in another order, beside these changes. `lines`
    are those of a text, in which the changes stand.
    """
    changes = [change for change in changes if change.texts[0] != change.texts[1]]
    moved_about = {id(change) for group in _groups(changes) for change in group}
    rest = [one for one in changes if id(one) not in moved_about and not is_permuted(one)]
    is_order = ordered or len(rest) < len(changes)
    kinds = dict.fromkeys(_kind(one, span, unmoved, lines) for one in rest)
    if is_order:
        return (RACE, *(kind for kind in kinds if kind not in _VAGUE))
    if HOST_STATE in kinds:
        others = [one for one in rest if not is_reading(one)]
        return (*dict.fromkeys(_kind(one, span, unmoved, lines) for one in others), HOST_STATE)
    return tuple(sorted(kinds, key=_VAGUE.__contains__)) or (UNSTABLE,)


def _groups(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Yield changes of one list each whose values stand in other places of it."""
    found: dict[Place, list[Change]] = {}
    for change in changes:
        place = tuple(Step(step.at) if step.at in _NUMBERED else step for step in change.place)
        found.setdefault(place, []).append(change)
    yield from (group for group in found.values() if is_reordered(group))


def _kind(change: Change, span: Span, unmoved: Collection[str], lines: Sequence[str]) -> str:
    if is_file_time(change):
        return FILE_TIME
    if _is_real_time(change, span):
        return REAL_TIME
    if is_temporary(change.texts[0], change.texts[1]):
        return TEMPORARY_NAME
    if _is_digest(change):
        return DIGEST
    if is_reading(change):
        return _reading(change, span, _line_of(change, lines))
    return "random" if "random" in unmoved else UNSTABLE


def _is_real_time(change: Change, span: Span) -> bool:
    """Return whether both values show times within a span."""
    ours, theirs = (
        {round(time, 6) for time in moments(text) if _is_within(time, span)}
        for text in (change.texts[0], change.texts[1])
    )
    if ours != theirs:
        return bool(ours and theirs)
    of_day = [set(times_of_day(text)) for text in (change.texts[0], change.texts[1])]
    return of_day[0] != of_day[1] and all(
        any(_is_within_day(seconds, span) for seconds in one) for one in of_day
    )


def _is_within(time: float, span: Span) -> bool:
    return span.first - _SLACK <= time <= span.second + _SLACK


def _is_within_day(seconds: int, span: Span) -> bool:
    return (seconds - span.first + _SLACK) % DAY <= span.second - span.first + 2 * _SLACK


def is_temporary(first: str, second: str) -> bool:
    """Return whether two texts have names of temporary files, and not the same ones.

    Besides `tmp...`, these are names that differ only in a random part behind a dot.
    """
    ours, theirs = (set(_TEMPORARY.findall(text)) for text in (first, second))
    if ours and theirs and ours != theirs:
        return True
    mine, others = (_TEMPLATE.findall(text) for text in (first, second))
    stems = {stem for stem, _ in mine}
    return bool(stems) and stems == {stem for stem, _ in others} and mine != others


def _is_digest(change: Change) -> bool:
    """Return whether nothing but digests of something differs, or the sizes beside them."""
    if change.kind is Kind.DIGEST or (change.place and change.place[0].at is At.RECORD):
        return True
    ours, theirs = (_DIGEST.sub("", text) for text in (change.texts[0], change.texts[1]))
    return ours == theirs and bool(_DIGEST.search(change.texts[0]))


def _line_of(change: Change, lines: Sequence[str]) -> str:
    """Return the line in which a change of a text stands, or nothing."""
    number = change.place[0].value if _is_in_text(change) else 0
    return lines[number - 1] if isinstance(number, int) and 0 < number <= len(lines) else ""


def _is_in_text(change: Change) -> bool:
    return bool(change.place) and change.place[0].at is At.LINE


def _reading(change: Change, span: Span, line: str) -> str:
    """Return what numbers are that no factor moves: of the host, or of a clock, if they tell."""
    text = f"{change.own_words} {' '.join(change.texts)}\n{line}"
    if is_inode(change) or _READING.search(text):
        return HOST_STATE
    if _DURATION.search(text):
        return "monotonic"
    ours, theirs = numbers(change.texts[0]), numbers(change.texts[1])
    passed = span.second - span.first + _MINUTE
    is_whole = all(number.is_integer() for number in (*ours, *theirs))
    has_grown = all(0 <= b - a <= passed for a, b in zip(ours, theirs, strict=False))
    is_large = _is_in_text(change) and min((*ours, *theirs), default=0) >= _LARGE
    return HOST_STATE if is_large and (is_whole or has_grown) else UNSTABLE
