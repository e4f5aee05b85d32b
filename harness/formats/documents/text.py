"""Text: which lines differ, and within a line which words.

Lines are matched in windows of bounded size, so that time is linear and memory bounded. Decoding
follows a byte order mark, then UTF-8, then (each byte a character) Latin-1.
"""

import codecs
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher, unified_diff

from harness.formats.change import At, BeyondBoundError, Change, Content, Place, Step, field
from harness.formats.fields import changed, reordered
from harness.formats.sequences import Run, runs, without_moved

LIMIT = 32 << 20
"""Bytes above which a content is not read as text."""
_WORDS = 200
_LONGEST = _WORDS * 20
_LONGEST_LINE = 1 << 20
_WORD = re.compile(r"[\w.:+/@~-]+|\s+|[^\w\s]")
"""Paths, times, numbers and names of hosts are words: half of one tells nobody anything."""
_CRLF, _LF = "\r\n", "\n"
_OTHERS = {"\r": "CR"} | {
    end: f"U+{ord(end):04X}" for end in "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
}
"""What ends a line besides, as `str.splitlines` has it."""
_ENDING = re.compile("|".join([_CRLF, _LF, *_OTHERS]))
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield a change per run of differing lines, or per word where one line became another.

    Raises:
        ValueError: the bytes are not text, or too many.

    """
    (encoding, ours), (other, theirs) = decoded(first), decoded(second)
    if encoding != other:
        yield changed(field("text encoding"), encoding, other)
    is_same = ours.splitlines() == theirs.splitlines() and ours != theirs
    if is_same or (_CRLF in ours) != (_CRLF in theirs):
        yield changed(field("line endings"), _endings(ours), _endings(theirs))
    yield from _changes(ours.splitlines(), theirs.splitlines())


def decoded(content: Content) -> tuple[str, str]:
    """Return the encoding's name and the text of a content.

    Raises:
        ValueError: it holds NUL bytes without a byte order mark, is not in the encoding its mark
            says, or is longer than `LIMIT`.

    """
    if len(content) > LIMIT:
        raise BeyondBoundError(f"{len(content)} bytes: more than {LIMIT} are not read as text")
    data = content[:]
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding, data.decode(encoding)
    if b"\0" in data:
        raise ValueError("NUL bytes: no text")
    try:
        return "utf-8", data.decode()
    except UnicodeDecodeError:
        return "latin-1", data.decode("latin-1")


def unified(first: str, second: str) -> Iterator[str]:
    """Yield the lines of a unified diff with three lines of context, without file names."""
    lines = unified_diff(first.splitlines(), second.splitlines(), lineterm="")
    yield from (line for number, line in enumerate(lines) if number > 1)


def words(first: str, second: str) -> Iterator[tuple[int, str, str]]:
    """Yield (word number from 1, text removed, text put there) per differing place of two lines.

    A line of more than a million characters is one place.
    """
    if max(len(first), len(second)) > _LONGEST_LINE:
        yield 1, first, second
        return
    ours, theirs = _WORD.findall(first), _WORD.findall(second)
    number, at = 1, 0
    for i, j, k, m in _places(ours, theirs):
        number += sum(not word.isspace() for word in ours[at:i])
        at = i
        yield number, "".join(ours[i:j]), "".join(theirs[k:m])


def _places(first: Sequence[str], second: Sequence[str]) -> Iterator[Run]:
    """Yield where words differ: exactly for a few, in windows for many."""
    if max(len(first), len(second)) > _WORDS:
        yield from runs(first, second)
        return
    for tag, i, j, k, m in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        if tag != "equal":
            yield i, j, k, m


def _endings(text: str) -> str:
    found = Counter(_ENDING.findall(text))
    others = [f", {found[end]} {name}" for end, name in _OTHERS.items() if found[end]]
    last = "" if text.endswith(("\n", "\r")) else ", none at the end"
    return f"{found[_CRLF]} CRLF, {found[_LF]} LF{''.join(others)}{last}"


def _changes(first: Sequence[str], second: Sequence[str]) -> Iterator[Change]:
    found = list(runs(first, second))
    left = without_moved(first, second, found)
    if left is not None:
        yield reordered(field("order of lines"), first, second)
    for i, j, k, m in found if left is None else left:
        ours, theirs = first[i:j], second[k:m]
        if _are_pairs(ours, theirs):
            for line, (one, other) in enumerate(zip(ours, theirs, strict=True), i + 1):
                yield from _within(Step(At.LINE, line), one, other)
        else:
            yield changed(_lines(i + 1, j), "\n".join(ours), "\n".join(theirs))


def _lines(start: int, end: int) -> Place:
    line = Step(At.LINE, start)
    return (line, Step(At.TO, end)) if end > start else (line,)


def _are_pairs(first: Sequence[str], second: Sequence[str]) -> bool:
    """Return whether each line became one other: there is one of each, or they are alike."""
    if len(first) != len(second):
        return False
    return len(first) == 1 or all(map(_are_alike, first, second))


def _are_alike(first: str, second: str) -> bool:
    """Return whether lines of equally many words share half of them, place by place."""
    ours, theirs = first[:_LONGEST].split(), second[:_LONGEST].split()
    same = sum(map(str.__eq__, ours, theirs))
    return len(ours) == len(theirs) and 2 * same >= len(ours)


def _within(line: Step, first: str, second: str) -> Iterator[Change]:
    orders = _ordered(first), _ordered(second)
    if orders[0] != orders[1] and Counter(orders[0]) == Counter(orders[1]):
        yield reordered((line, Step(At.ASPECT, "the same words in another order")), *orders)
        return
    for number, one, other in words(first, second):
        yield changed((line, Step(At.WORD, number)), _visible(one), _visible(other))


def _ordered(line: str) -> list[str]:
    """Return the words of a line; none of one that is too long to be looked at by words."""
    found = _WORD.findall(line) if len(line) <= _LONGEST_LINE else []
    return [word for word in found if not word.isspace()]


def _visible(word: str) -> str:
    return repr(word) if word.isspace() else word
