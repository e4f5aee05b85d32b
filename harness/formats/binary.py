"""Any bytes: where they begin to differ, in how many runs, and what stands there.

A run is shown as the string around it where that is printable, as a number or a time where it is
one (`numbers`), else as hexadecimal.
"""

import re
from collections.abc import Iterator

from harness.formats.arrays.numbers import in_array, number
from harness.formats.change import At, Change, Content, Kind, Place, Step
from harness.formats.fields import shown

LIMIT = 64 << 20
"""Bytes of each content that are searched for runs."""
_CHUNK = 1 << 16
_SHOWN = 32
_AROUND = 64
_GAP = 7
_RUN = re.compile(rb"[^\0](?:\0{0,%d}[^\0])*" % _GAP)
_PRINTABLE = re.compile(rb"[\t\x20-\x7e]*\Z")
_STARTS_PRINTABLE = re.compile(rb"[\t\x20-\x7e]*")
_SHORTEST = 4
_DIFFERING = (Step(At.SUMMARY, "differing bytes"),)


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield a summary, then the first runs of differing bytes; where sizes differ, what moved in.

    The contents are known to differ. Memory is bounded by the number of runs shown, time by
    `LIMIT`. Raises nothing.
    """
    if len(first) != len(second):
        yield from _resized(first, second)
        return
    count = size = 0
    kept: list[tuple[int, int]] = []
    for start, end in _runs(first, second):
        count, size = count + 1, size + end - start
        if len(kept) < _SHOWN:
            kept.append((start, end))
    if kept:
        begin = kept[0][0]
        runs = "1 run" if count == 1 else f"{count} runs"
        text = f"{runs}, {size} of {min(len(first), LIMIT)} bytes, the first at {begin:#x}"
        yield Change(kind=Kind.SUMMARY, place=_DIFFERING, first=text, second=text, offset=begin)
    elif len(first) > LIMIT:
        text = f"none in the first {LIMIT} bytes: those behind were not searched"
        yield Change(kind=Kind.UNREAD, place=_DIFFERING, first=text, second=text)
    for start, end in kept:
        yield _change(first, second, start, end)


def printable(content: Content, start: int, end: int) -> tuple[int, str]:
    """Return where the printable text around a run begins, and the text; empty when too short."""
    before = content[max(start - _AROUND, 0) : start]
    match = _PRINTABLE.search(before)
    begin = start - (len(match.group()) if match else 0)
    # The run itself may lie in the middle of a text or end it.
    text = _STARTS_PRINTABLE.match(content[begin : end + _AROUND])
    found = text.group() if text else b""
    return begin, found.decode("ascii") if len(found) >= _SHORTEST else ""


def _runs(first: Content, second: Content) -> Iterator[tuple[int, int]]:
    """Yield [start, end) of runs, those nearer than a word apart joined."""
    last: tuple[int, int] | None = None
    for base in range(0, min(len(first), LIMIT), _CHUNK):
        one, other = first[base : base + _CHUNK], second[base : base + _CHUNK]
        if one == other:
            continue
        mixed = int.from_bytes(one, "little") ^ int.from_bytes(other, "little")
        for match in _RUN.finditer(mixed.to_bytes(len(one), "little")):
            start, end = base + match.start(), base + match.end()
            if last and start - last[1] <= _GAP:
                start = last[0]
            elif last:
                yield last
            last = start, end
    if last:
        yield last


def _change(first: Content, second: Content, start: int, end: int) -> Change:
    ours, theirs = printable(first, start, end), printable(second, start, end)
    if ours[1] and theirs[1] and ours[0] + max(len(ours[1]), len(theirs[1])) >= end:
        return in_array(first, second, start, end) or Change(
            kind=Kind.TEXT,
            place=(Step(At.PART, "string"), Step(At.OFFSET, hex(ours[0]))),
            first=ours[1],
            second=theirs[1],
            offset=ours[0],
        )
    return number(first, second, start, end) or Change(
        kind=Kind.BYTES,
        place=(Step(At.PART, "bytes"), Step(At.START, hex(start)), Step(At.UNTIL, hex(end))),
        first=shown(first[start : min(end, start + _AROUND)].hex(" ")),
        second=shown(second[start : min(end, start + _AROUND)].hex(" ")),
        offset=start,
    )


def _resized(first: Content, second: Content) -> Iterator[Change]:
    size = Step(At.FIELD, "size")
    yield Change(kind=Kind.SIZE, place=(size,), first=len(first), second=len(second))
    start = _common(first, second, backwards=False)
    tail = min(_common(first, second, backwards=True), len(first) - start, len(second) - start)
    gone, come = len(first) - tail - start, len(second) - tail - start
    ours = first[start : start + min(gone, _AROUND)]
    theirs = second[start : start + min(come, _AROUND)]
    one, other = printable(first, start, start), printable(second, start, start)
    yield Change(
        kind=Kind.TEXT if one[1] and other[1] else Kind.BYTES,
        place=_replaced(start, gone, come),
        first=one[1] or shown(ours.hex(" ")),
        second=other[1] or shown(theirs.hex(" ")),
        offset=start,
    )


def _replaced(start: int, gone: int, come: int) -> Place:
    return (
        Step(At.PART, "bytes"),
        Step(At.FROM, hex(start)),
        Step(At.GONE, gone),
        Step(At.COME, come),
    )


def _common(first: Content, second: Content, *, backwards: bool) -> int:
    """Return how many bytes both begin (or end) with, looking at `LIMIT` at most."""
    size = min(len(first), len(second), LIMIT)
    for base in range(0, size, _CHUNK):
        width = min(_CHUNK, size - base)
        one, other = (_part(content, base, width, backwards) for content in (first, second))
        if one != other:
            pairs = enumerate(zip(one, other, strict=True))
            return base + next(index for index, (a, b) in pairs if a != b)
    return size


def _part(content: Content, base: int, width: int, backwards: bool) -> bytes:
    """Return `width` bytes, `base` from the beginning; or from the end, in reverse."""
    if backwards:
        end = len(content) - base
        return content[end - width : end][::-1]
    return content[base : base + width]
