"""What the bytes of a difference speak for, before any rebuild has tested it.

Rules look at one decoded field with its two values. They only order the search, except for what
no factor stands for: file times, temporary names, races and the host's state are told by the
difference between two rebuilds under equal conditions.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from harness.core.factor import FACTORS, MOVED_BUILD_DIRECTORY
from harness.core.formats.change import Change

_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])")
_WORD = re.compile(r"[\w./+-]+")
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,16}\b|\b(?:7f|55|56)[0-9a-f]{10}\b")
_POINTER = re.compile(r"\b(?:7f|5[56]) 00 00\b")
_HEX = re.compile(r"\b(?=\d*[a-fA-F])[0-9a-fA-F]{12,}\b|\b[0-9a-f]{8}-[0-9a-f]{4}-")
_DATE = re.compile(r"\b\d{4}-\d\d-\d\d|\b\d\d:\d\d|\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb)\w*\b")
_TEMPORARY = re.compile(r"\btmp[.\w]{4,}|/tmp/|/build/tmp")
_HOST_STATE = re.compile(
    r"Mem|kB|load|uptime|inode|blocks|avail|free|swap|MHz|cpu\d*\b", re.IGNORECASE
)
_COUNTS = {"1", "2", "3", "5"}
"""What moved processors and threads are."""
_TINY = re.compile(r"e-3\d\d")
"""A number that is none: a pointer read as a float."""
_SCALES = (1, 1000, 10**6, 10**9)
_HOUR = 3600
_DAY = 24 * _HOUR
_LARGEST_TIME = 1e19


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """When two builds ran: Unix times of the first's end and the second's."""

    first: float
    second: float


def _offset_of(name: str) -> int:
    (factor,) = (one for one in FACTORS if one.name == name)
    return int(factor.moved[0].rpartition(" ")[2])


_CLOCK_OFFSET, _MONOTONIC_OFFSET = _offset_of("clock"), _offset_of("monotonic")
_ZONE_OFFSET = 11 * _HOUR + 47 * 60


_ZONE = "HRN"
"""The name of the moved time zone."""


def _markers() -> dict[str, str]:
    """Return texts that stand in an output only if the named factor put them there."""
    found = {MOVED_BUILD_DIRECTORY: "build-directory", MOVED_BUILD_DIRECTORY[1:]: "build-directory"}
    for factor in FACTORS:
        for line in factor.moved:
            key, _, words = line.partition(" ")
            text = words.partition("=")[2] if key == "env" else words
            if key in {"env", "host", "release"} and len(text) > len("4242") - 1:
                found[text] = factor.name
                if text.startswith(_ZONE):
                    found[_ZONE] = factor.name
    return found


_MARKERS = _markers()


def suspects(changes: Iterable[Change]) -> list[str]:
    """Return the factors that changes between a build and one with all factors moved speak for."""
    known = list(changes)
    named = [name for change in known for name in _suspects(change)]
    if _LAYOUT in named:  # addresses in bytes look like anything
        named = [name for name in named if name not in _ROUNDING]
    if is_reordered(known):
        named = [*_ORDERING, *(name for name in named if name not in _COUNTED)]
    return list(dict.fromkeys(named))


_LAYOUT = "address-layout"
_ROUNDING = ("instruction-set", "threads")
_COUNTED = ("cores", "cpus", "threads")
_ORDERING = ("schedule", "hash-seed", "directory-order", "address-layout")
"""What puts the same things into another order."""


def is_reordered(changes: Sequence[Change]) -> bool:
    """Tell whether the same values stand on both sides of some changes, in other places."""
    ours = Counter(line for one in changes for line in one.first.split("\n") if line)
    theirs = Counter(line for one in changes for line in one.second.split("\n") if line)
    return len(changes) > 1 and ours == theirs


def _suspects(change: Change) -> list[str]:
    marked = [name for text, name in _MARKERS.items() if text in change.second]
    if marked:
        return marked
    for rule, names in _RULES:
        if rule(change):
            return list(names)
    return []


def _differ_by(change: Change, offset: float, tolerance: float) -> bool:
    """Tell whether a number grew by an offset in seconds, whatever the unit."""
    ours, theirs = _numbers(change.first), _numbers(change.second)
    if len(ours) != len(theirs):
        return False
    return any(
        abs(abs(b - a) / scale - offset) <= tolerance
        for a, b in zip(ours, theirs, strict=True)
        for scale in _SCALES
    )


def _numbers(text: str) -> list[float]:
    return [float(number) for number in _NUMBER.findall(text)[:50] if len(number) <= len("9" * 20)]


def _is_permuted(change: Change) -> bool:
    if "order" in change.field:
        return True
    ours, theirs = _WORD.findall(change.first), _WORD.findall(change.second)
    return len(ours) > 1 and ours != theirs and sorted(ours) == sorted(theirs)


def _both(pattern: re.Pattern[str]) -> Callable[[Change], bool]:
    return lambda change: bool(pattern.search(change.first) and pattern.search(change.second))


def _either(pattern: re.Pattern[str]) -> Callable[[Change], bool]:
    return lambda change: bool(pattern.search(change.first) or pattern.search(change.second))


def _field(pattern: str) -> Callable[[Change], bool]:
    compiled = re.compile(pattern)
    return lambda change: bool(compiled.search(change.field))


def _is_count(change: Change) -> bool:
    return change.second.strip() in _COUNTS and change.first.strip().isdigit()


def _is_rounding(change: Change) -> bool:
    if "ULP" in change.field:
        return not _TINY.search(change.first)
    ours, theirs = _numbers(change.first), _numbers(change.second)
    return (
        bool(ours)
        and len(ours) == len(theirs)
        and all(
            a == b or ("." in change.first and abs(a - b) <= 1e-3 * max(abs(a), abs(b)))
            for a, b in zip(ours, theirs, strict=True)
        )
    )


_RULES: Sequence[tuple[Callable[[Change], bool], tuple[str, ...]]] = (
    (_field(r"\bmode\b|permission|executable"), ("umask",)),
    (_both(_ADDRESS), ("address-layout",)),
    (_either(_POINTER), ("address-layout",)),
    (lambda change: _differ_by(change, _CLOCK_OFFSET, _DAY), ("clock",)),
    (lambda change: _differ_by(change, _MONOTONIC_OFFSET, _HOUR), ("monotonic",)),
    (lambda change: _differ_by(change, _ZONE_OFFSET, 60), ("time-zone",)),
    (_field(r"mtime|timestamp|\btime\b|date"), ("clock",)),
    (_both(_DATE), ("clock", "time-zone")),
    (_is_permuted, _ORDERING),
    (_both(_HEX), ("random",)),
    (_both(_TEMPORARY), ("random",)),
    (_is_count, _COUNTED),
    (_is_rounding, _ROUNDING),
)


FILE_TIME, TEMPORARY_NAME, HOST_STATE, RACE = (
    "file time",
    "temporary name",
    "host state",
    "race",
)


def instability(changes: Sequence[Change], span: Span) -> str:
    """Name what differs between two rebuilds under equal conditions, by its bytes.

    `span` tells when they ran: the clocks that programs read are pinned, so that what moved as
    real time did was written by the kernel or by a program out of the shim's reach.
    """
    for kind, rule in (
        (FILE_TIME, lambda change: _is_file_time(change, span)),
        (TEMPORARY_NAME, _both(_TEMPORARY)),
        (RACE, lambda change: _is_permuted(change) or is_reordered(changes)),
        (HOST_STATE, _is_host_state),
    ):
        if any(rule(change) for change in changes):
            return kind
    return RACE


def _is_file_time(change: Change, span: Span) -> bool:
    if re.search(r"mtime|timestamp|\btime\b", change.field):
        return True
    ours, theirs = _numbers(change.first), _numbers(change.second)
    return any(
        _is_near(a / scale, span.first) and _is_near(b / scale, span.second)
        for a, b in zip(ours, theirs, strict=False)
        for scale in _SCALES
        if a != b
    )


def _is_near(time: float, moment: float) -> bool:
    return abs(time - moment) < _HOUR


def _is_host_state(change: Change) -> bool:
    text = f"{change.field} {change.first} {change.second}"
    return bool(_HOST_STATE.search(text)) or bool(
        _numbers(change.first) and _numbers(change.second)
    )


def is_environment_dump(changes: Sequence[Change]) -> bool:
    """Tell whether values of several variables of the environment differ in one file."""
    names = {name for name in _VARIABLES for change in changes if name in _text(change)}
    return len(names) > 2  # noqa: PLR2004


def _text(change: Change) -> str:
    return f"{change.field} {change.first} {change.second}"


_VARIABLES = ("TZ", "HOME", "LC_ALL", "PYTHONHASHSEED", "OMP_NUM_THREADS", "LANG", "USER")
