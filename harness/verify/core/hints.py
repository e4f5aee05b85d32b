"""What the bytes of a difference speak for, before any rebuild has tested it.

Rules look at one decoded field with its two values. They only order the search: what no factor
stands for is told by the difference between two rebuilds under equal conditions (`instability`).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache

from harness.formats.change import At, Change, Kind, Place
from harness.verify.core.factors.factor import Factors, Sign
from harness.verify.core.factors.levers import CLOCK_OFFSET, MONOTONIC_OFFSET, ZONE_OFFSET
from harness.verify.core.factors.rows import registered
from harness.verify.core.factors.setting import OWN
from harness.verify.core.moments import DAY, moments

Hint = tuple[str, ...]
"""Factors of which one may have made a change, the likeliest first."""

FILE_TIME, TEMPORARY_NAME, HOST_STATE, RACE = (
    "file-time",
    "temporary name",
    "host state",
    "race",
)

_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e[-+]\d+)?(?![\w.])")
_WORD = re.compile(r"[\w./+-]+")
_BYTE_WORD = re.compile(rb"[^\s,;:()\[\]{}\"']+")
_BYTE_NUMBER = re.compile(rb"[-+]?\d[\d.e+-]*")
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,16}\b|\b(?:7f|55|56)[0-9a-f]{10}\b|\b14\d{13}\b")
_POINTER = re.compile(r"\b(?:7f|5[56]) 00 00\b")
_DIGEST = re.compile(r"(?<![0-9a-fA-F])(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56,128})(?![0-9a-f])")
_UUID = re.compile(r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-(?P<version>\d)")
_HEX = re.compile(r"\b(?=\d*[a-fA-F])(?=[a-fA-F]*\d)[0-9a-fA-F]{7,}\b")
_DATE = re.compile(r"\b\d{4}-\d\d-\d\d|\b\d\d:\d\d|\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb)\w*\b")
_FILE_TIME = re.compile(r"mtime|modification time|\batime\b|\bctime\b")
"""How files themselves name times of files."""
_YEAR = re.compile(r"\b20\d\d\b")
_FLOAT = re.compile(r"(?<![\w.])-?\d+\.\d+(?:e[-+]\d+)?(?![\w.])")
_TOKEN = re.compile(r"(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{8,}|(?=\S*[a-z])(?=\S*[A-Z])[\w-]{8,}")
_LARGE = re.compile(r"(?<![\w.])-?\d{5,}(?![\w.])")
_DURATION = re.compile(r"second|duration|elapsed|took|timing|\btime|_ms\b|\bms\b", re.IGNORECASE)
_TEMPORARY = re.compile(r"\btmp[.\w]{4,}|/tmp/|/build/tmp")
_READING = re.compile(r"\bMem[A-Z]\w+|\bkB\b|uptime|\binode|loadavg|\bMHz\b|\bavail|maxrss")
_WHERE = frozenset([At.OFFSET, At.START, At.UNTIL, At.FROM, At.GONE, At.COME])
"""Steps that say where bytes differ."""
_CUT = re.compile(r"\[\.\.\.(?: \d+ more \.\.\.)?\]")
_TINY = re.compile(r"e-3\d\d")
"""A number that is none: a pointer read as a float."""
_CLOSE = 1e-6
"""Relative difference of results that were rounded in another order."""
_SCALES = (1, 1000, 10**6, 10**9)
_HOUR = 3600
_SLACK = 600
"""Seconds that a clock shown in two places may differ by: the length of a build."""
_MOST_HINTS = 4
_TELLING = 4
"""Length of a value that stands in no text by chance."""
_DUMPED = 3
"""Factors whose variables differ in one file: it shows the environment."""


_SHOWN = frozenset(["env", "host", "release"])
"""Keys of the shim's lines whose values programs may show."""
_ORDINARY = frozenset(["default", "COMPATIBLE"])
"""Values of variables that are words like others."""


@cache
def _markers(factors: Factors) -> dict[str, str]:
    """Return texts that stand in an output only if the named factor put them there."""
    found: dict[str, str] = {}
    for factor in factors:
        for line in factor.moved:
            key, _, words = line.partition(" ")
            text = words.partition("=")[2] if key == "env" else words
            if key in _SHOWN and len(text) >= _TELLING and text not in _ORDINARY:
                found[text] = factor.name
        found |= dict.fromkeys(factor.shows, factor.name)
    return found


@cache
def _variables(factors: Factors) -> list[tuple[str, str, str]]:
    """Return name, moved value and factor of variables that are moved."""
    lines = (
        (line, factor.name)
        for factor in factors
        for line in (*factor.moved, *factor.by_count(1, moved=True))
        if line.startswith("env ")
    )
    pairs = ((*line.removeprefix("env ").partition("=")[::2], name) for line, name in lines)
    return [(variable, value, name) for variable, value, name in pairs]


def _for(sign: Sign) -> Hint:
    return registered().by_sign[sign]


def racing() -> Hint:
    """Return what may have put lines into another order."""
    return _for(Sign.RACE)


_LISTINGS = frozenset([Kind.LISTING, Kind.ENTRIES])
_STATE: Hint = (HOST_STATE,)


def suspects(changes: Iterable[Change], now: float) -> list[Hint]:
    """Return what changes between a build and one with all factors moved speak for.

    `now` is the Unix time at which the second build ended. Real time, which clocks that are moved
    do not show, speaks for FILE_TIME where that was not moved, and HOST_STATE stands for readings
    of the host's. What speaks loudest comes first.
    """
    known = [change for change in changes if change.texts[0] != change.texts[1]]
    if is_reordered(known):
        return [_order([line for one in known for line in one.texts[0].split("\n")], known)]
    marked = Counter((name,) for change in known for name in _marks(change))
    counts = Counter(hint for change in known for hint in _hints(change, now))
    if _for(Sign.ADDRESS) in counts:
        alike = set(map(_for, _LOOKALIKES))
        counts = Counter({hint: n for hint, n in counts.items() if hint not in alike})
    ranked = [hint for hint, _ in counts.most_common() if hint not in marked]
    return [*(hint for hint, _ in marked.most_common()), *ranked[:_MOST_HINTS]]


def is_reordered(changes: Sequence[Change]) -> bool:
    """Return whether the same values stand on both sides of some changes, in other places."""
    ours = Counter(line for one in changes for line in one.texts[0].split("\n") if line)
    theirs = Counter(line for one in changes for line in one.texts[1].split("\n") if line)
    return len(changes) > 1 and ours == theirs


def is_shuffled(first: bytes, second: bytes) -> bool:
    """Return whether two contents consist of the same words."""
    return Counter(_BYTE_WORD.findall(first)) == Counter(_BYTE_WORD.findall(second))


def is_order_only(first: bytes, second: bytes) -> bool:
    """Return whether two texts have the same words in another order, beside what else differs.

    Numbers that change and happen to be some of those that stood elsewhere are not an order.
    """
    if not order_of(first, second):
        return False
    ours, theirs = _BYTE_WORD.findall(first), _BYTE_WORD.findall(second)
    if Counter(ours) == Counter(theirs):
        return True
    common = set(ours) & set(theirs)
    pair = ([word for word in words if word in common] for words in (ours, theirs))
    moved = {word for words in zip(*pair, strict=True) if len({*words}) > 1 for word in words}
    return not all(map(_BYTE_NUMBER.fullmatch, moved))


def order_of(first: bytes, second: bytes) -> Hint:
    """Return what may have put words into another order; nothing if that did not happen.

    Words that only one of the contents has are left out, as long as most are in both.
    """
    ours, theirs = _BYTE_WORD.findall(first), _BYTE_WORD.findall(second)
    common = set(ours) & set(theirs)
    one, other = ([word for word in words if word in common] for words in (ours, theirs))
    if one == other or Counter(one) != Counter(other) or 2 * len(one) < len(ours):
        return ()
    if _is_backwards(one, other) or _is_backwards(first.splitlines(), second.splitlines()):
        return _for(Sign.LISTING)
    return _for(Sign.RACE) if len(first.splitlines()) > 1 else _for(Sign.ORDER)


def _is_backwards(first: Sequence[bytes], second: Sequence[bytes]) -> bool:
    """Return whether what differs, between beginnings and ends that do not, is in reverse."""
    if len(first) != len(second):
        return False
    places = [
        place for place, pair in enumerate(zip(first, second, strict=True)) if len({*pair}) > 1
    ]
    start, end = places[0], places[-1] + 1
    return list(first[start:end]) == list(second[start:end])[::-1]


def _marks(change: Change) -> list[str]:
    return [name for text, name in _markers(registered()).items() if text in change.texts[1]]


def _hints(change: Change, now: float) -> list[Hint]:
    if _marks(change):
        return []
    if shown := _clocks(change, now):
        return shown
    if is_inode(change) or _READING.search(_text(change)):
        return [_STATE]
    found = next((sign for rule, sign in _RULES if rule(change)), None)
    return [_for(found)] if found else []


def _clocks(change: Change, now: float) -> list[Hint]:
    """Return what a time in the second value speaks for: the moved clock, or the real one."""
    come = set(moments(change.texts[1])) - set(moments(change.texts[0]))
    moved = _for(Sign.FILE_TIME if is_file_time(change) else Sign.TIME)
    for offset, hint in ((CLOCK_OFFSET, moved), (0, (FILE_TIME,))):
        for zone, zoned in ((0, []), (ZONE_OFFSET, [("time-zone",)])):
            if any(abs(time - now - offset - zone) < _SLACK for time in come):
                return [hint, *zoned]
    return []


def _order(words: Sequence[str], changes: Sequence[Change]) -> Hint:
    """Return what may have put words into another order."""
    theirs = [line for one in changes for line in one.texts[1].split("\n")]
    if list(words) == theirs[::-1] or any(map(_is_listed, changes)):
        return _for(Sign.LISTING)
    are_lines = any(is_in(change, At.LINE) for change in changes)
    return _for(Sign.RACE) if len(changes) > 1 and are_lines else _for(Sign.ORDER)


def _differ_by(change: Change, offset: float, tolerance: float) -> bool:
    """Return whether a number grew by an offset in seconds, whatever the unit."""
    ours, theirs = numbers(change.texts[0]), numbers(change.texts[1])
    if len(ours) != len(theirs):
        return False
    return any(
        abs(abs(b - a) / scale - offset) <= tolerance
        for a, b in zip(ours, theirs, strict=True)
        for scale in _SCALES
    )


def numbers(text: str) -> list[float]:
    """Return the first numbers of a text that are no part of a word."""
    return [float(number) for number in _NUMBER.findall(text)[:50] if len(number) <= len("9" * 20)]


def is_permuted(change: Change) -> bool:
    """Return whether both values have the same words, in another order."""
    ours, theirs = _WORD.findall(change.texts[0]), _WORD.findall(change.texts[1])
    return len(ours) > 1 and ours != theirs and sorted(ours) == sorted(theirs)


def _is_reversed(change: Change) -> bool:
    ours, theirs = _WORD.findall(change.texts[0]), _WORD.findall(change.texts[1])
    return is_permuted(change) and (ours == theirs[::-1] or _is_listed(change))


def _both(pattern: re.Pattern[str]) -> Callable[[Change], bool]:
    return lambda change: bool(pattern.search(change.texts[0]) and pattern.search(change.texts[1]))


def _either(pattern: re.Pattern[str]) -> Callable[[Change], bool]:
    return lambda change: bool(pattern.search(change.texts[0]) or pattern.search(change.texts[1]))


def _is(*kinds: Kind, named: str = "(?!)") -> Callable[[Change], bool]:
    """Return a test of a change's kind, or else of how the file itself names what changed."""
    compiled = re.compile(named)
    return lambda change: change.kind in kinds or bool(compiled.search(change.own_words))


def is_in(change: Change, at: At) -> bool:
    """Return whether a change is in something of a sort."""
    return any(step.at is at for step in change.place)


def _is_listed(change: Change) -> bool:
    """Return whether entries of an archive or a directory changed, or something in one of them."""
    return change.kind in _LISTINGS or is_in(change, At.MEMBER)


def is_file_time(change: Change) -> bool:
    """Return whether a time of a file changed."""
    is_named = bool(_FILE_TIME.search(change.own_words))
    return change.kind is Kind.FILE_TIME or is_named


def is_count(change: Change) -> bool:
    """Return whether a number became one that a factor sets: of processors, threads or jobs."""
    return _is_count("1", "3", "5")(change)


def _is_count(*counts: str) -> Callable[[Change], bool]:
    return lambda change: change.texts[1].strip() in counts and change.texts[0].strip().isdigit()


def _is_rounding(change: Change) -> bool:
    if change.kind is Kind.ROUNDING:
        return not _TINY.search(change.texts[0])
    ours, theirs = numbers(change.texts[0]), numbers(change.texts[1])
    return (
        ours != theirs
        and len(ours) == len(theirs)
        and all(
            a == b or ("." in change.texts[0] and abs(a - b) <= _CLOSE * max(abs(a), abs(b)))
            for a, b in zip(ours, theirs, strict=True)
        )
    )


def _is_duration(change: Change) -> bool:
    return bool(_DURATION.search(_text(change))) and _both(_FLOAT)(change)


def _is_time_uuid(change: Change) -> bool:
    match = _UUID.search(change.texts[1])
    return match is not None and match["version"] == "1"


_RULES: Sequence[tuple[Callable[[Change], bool], Sign | None]] = (
    (_is(Kind.MODE, named=r"\bmode\b|permission|executable"), Sign.MODE),
    (_both(re.compile(r"^[-dlrwxsSt]{10}$")), Sign.MODE),
    (_either(_POINTER), Sign.ADDRESS),
    (_both(_ADDRESS), Sign.ADDRESS),
    (lambda change: _differ_by(change, CLOCK_OFFSET, DAY), Sign.CLOCK),
    (lambda change: _differ_by(change, MONOTONIC_OFFSET, _HOUR), Sign.DURATION_MOVED),
    (lambda change: _differ_by(change, ZONE_OFFSET, 60), Sign.ZONE),
    (is_file_time, Sign.FILE_TIME),
    (_is(Kind.TIME, named=r"timestamp|\btime\b|[dD]ate"), Sign.TIME),
    (_both(_DATE), Sign.DATE),
    (_both(_YEAR), Sign.YEAR),
    (_is(Kind.SET), Sign.ORDER),
    (_is_reversed, Sign.LISTING),
    (is_permuted, Sign.ORDER),
    (_is(Kind.ORDER, Kind.LISTING), Sign.LISTING),
    (_is_time_uuid, Sign.TIMED_ID),
    (_both(_UUID), Sign.ID),
    (_both(_DIGEST), None),  # of anything
    (_both(_TEMPORARY), Sign.TEMPORARY),
    (_both(_HEX), Sign.HEX),
    (_is_count("1", "4"), Sign.FEW),
    (_is_count("2", "3", "5"), Sign.MANY),
    (_is_duration, Sign.DURATION),
    (_is_rounding, Sign.ROUNDING),
    (_both(_FLOAT), Sign.FLOAT),
    (_both(_LARGE), Sign.LARGE),
    (_both(_TOKEN), Sign.TOKEN),
)
_LOOKALIKES = (Sign.ROUNDING, Sign.HEX, Sign.TOKEN, Sign.FEW)
"""What addresses in bytes look like."""


def is_inode(change: Change) -> bool:
    """Return whether the number of a file in its file system changed."""
    return change.kind is Kind.INODE


def is_reading(change: Change) -> bool:
    """Return whether nothing but numbers changed, none of which is a time."""
    ours, theirs = (_NUMBER.sub("", text).split() for text in (change.texts[0], change.texts[1]))
    return ours == theirs and not moments(change.texts[1])


def is_vague(changes: Iterable[Change], now: float) -> bool:
    """Return whether a number changed that may be a measurement: it is to be measured again."""
    return any(
        is_reading(change) and not _marks(change) and not is_count(change)
        for change in changes
        if not _clocks(change, now)
    )


def is_environment_dump(changes: Sequence[Change]) -> bool:
    """Return whether variables that different factors set differ in one file."""
    factors = {
        factor
        for change in changes
        for variable, value, factor in _variables(registered())
        if re.search(rf"\b{variable}\b", _text(change))
        or (len(value) >= _TELLING and value in change.texts[1])
    }
    return len(factors) >= _DUMPED


def is_own(change: Change) -> bool:
    """Return whether nothing changed but what harness itself brings into a build."""
    rests = [
        [line for line in value.split("\n") if not _names_own(line) and set(line) != {"-"}]
        for value in (_CUT.sub("", change.texts[0]), _CUT.sub("", change.texts[1]))
    ]
    return _names_own(change.own_words) or rests[0] == rests[1]


def _names_own(text: str) -> bool:
    return any(name in text for name in OWN)


def _text(change: Change) -> str:
    return " ".join((change.own_words, *change.texts))


def steady(place: Place) -> Place:
    """Return a place without by how much its bytes differ, and inside another content where."""
    is_inner = any(step.at is At.INSIDE for step in place)
    return tuple(
        step._replace(value="") if step.at is At.ULP or (is_inner and step.at in _WHERE) else step
        for step in place
    )
