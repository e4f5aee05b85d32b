"""What uv says on stderr, read: warnings as notices."""

import re
from collections.abc import Iterator

from harness.core.notice import Kind, Notice

_WARNING = re.compile(r"^warning: (.*(?:\n[ \t]+.*)*)", re.MULTILINE)
_KNOWN: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (
        re.compile(r"The package `(?P<subject>[^`]+)` does not have an extra named `(?P<d>[^`]+)`"),
        Kind.NO_EXTRA,
    ),
    (re.compile(r"`(?P<subject>[^`]+)` is yanked(?: \(reason: (?P<d>.*)\))?"), Kind.YANKED),
)
_OUR_DOING = re.compile(r"The requested Python version .* is not available")
"""uv would build with the interpreter that runs harness; nothing is built."""
_LONGEST = 500
"""Characters of a warning that are told."""


def warnings(said: str) -> Iterator[Notice]:
    """Yield what uv warns of, each thing once and sorted; uv's own order is left to chance."""
    found = sorted({match[1] for match in _WARNING.finditer(said)})
    for text in found:
        if not _OUR_DOING.match(text):
            shown = "".join(one if one.isprintable() else " " for one in text[:_LONGEST])
            yield _notice(" ".join(shown.split()))


def _notice(text: str) -> Notice:
    for pattern, kind in _KNOWN:
        if match := pattern.fullmatch(text):
            return Notice(kind=kind, subject=match["subject"], detail=(match["d"] or "").strip('"'))
    return Notice(kind=Kind.INDEX, subject=text)
