"""Times that stand in a text, whichever way they are written: to tell a clock by what it shows.

Read are numbers of seconds, milliseconds, microseconds and nanoseconds since 1970, and dates as
people and programs write them. What has no zone is taken as UTC.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

DAY = 86400
_EARLIEST, _LATEST = 10**9, 1 << 32
"""2001 to 2106: smaller numbers count other things."""
_SCALES = (1, 10**3, 10**6, 10**9)
_NUMBER = re.compile(r"(?<![\w.])\d{10,19}(?:\.\d{1,9})?(?![\w.])")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_MONTH = rf"(?P<name>{'|'.join(_MONTHS)})[a-z]*\.?"
_CLOCK = r"(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d))?"
_ISO_DAY = r"(?P<year>\d{4})[-/:.](?P<month>\d\d?)[-/:.](?P<day>\d\d?)"
_COMPACT = r"(?P<year>20\d\d)(?P<month>\d\d)(?P<day>\d\d)"
_WRITTEN = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<!\d){_ISO_DAY}(?:[T _,-]+{_CLOCK})?",
        rf"(?<!\d){_COMPACT}(?:[T_-]?(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?)?",
        rf"\b{_MONTH} +(?P<day>\d\d?),? +{_CLOCK}(?: +[A-Z]+)? +(?P<year>\d{{4}})",
        rf"\b{_MONTH} +(?P<day>\d\d?),? +(?P<year>\d{{4}})(?:,? +{_CLOCK})?",
        rf"(?<!\d)(?P<day>\d\d?)[ -]{_MONTH}[ -](?P<year>\d{{4}})(?:,? +{_CLOCK})?",
    )
)
_OF_DAY = re.compile(rf"(?<![\d:.]){_CLOCK}")
_MOST = 50
_SHOWN = 4000


def moments(text: str) -> list[float]:
    """Return the Unix times that stand in the first characters of a text, those that are dated."""
    numbers = [
        value / scale
        for value in map(float, _NUMBER.findall(text[:_SHOWN])[:_MOST])
        for scale in _SCALES
        if _EARLIEST <= value / scale < _LATEST
    ]
    return [*numbers, *_dated(text[:_SHOWN])][:_MOST]


def times_of_day(text: str) -> list[int]:
    """Return the seconds since midnight of times that stand in a text with hours and minutes."""
    matches = [match for one in (*_WRITTEN, _OF_DAY) for match in one.finditer(text[:_SHOWN])]
    return [seconds for match in matches[:_MOST] if (seconds := _of_day(match)) is not None]


def _dated(text: str) -> Iterator[float]:
    for pattern in _WRITTEN:
        for match in pattern.finditer(text):
            if (time := _time(match)) is not None:
                yield time


def _time(match: re.Match[str]) -> float | None:
    parts = match.groupdict()
    month = _MONTHS.index(parts["name"]) + 1 if parts.get("name") else int(parts["month"])
    try:
        day = datetime(int(parts["year"]), month, int(parts["day"]), tzinfo=UTC)
    except ValueError:
        return None
    time = day.timestamp() + (_of_day(match) or 0)
    return time if _EARLIEST <= time < _LATEST else None


def _of_day(match: re.Match[str]) -> int | None:
    parts: Mapping[str, str | None] = match.groupdict()
    hour, minute = parts.get("hour"), parts.get("minute")
    if hour is None or minute is None:
        return None
    seconds = int(hour) * 3600 + int(minute) * 60 + int(parts.get("second") or 0)
    return seconds if seconds < DAY else None
