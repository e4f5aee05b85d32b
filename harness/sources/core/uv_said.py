"""What uv says, read: warnings as notices, and who requires whom."""

import re
from collections.abc import Iterator

from packaging.utils import canonicalize_name

from harness.render.printable import printable
from harness.sources.core.notice import Kind, Notice

_WARNING = re.compile(r"^warning: (.*(?:\n[ \t]+.*)*)", re.MULTILINE)
_KNOWN: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (
        re.compile(r"The package `(?P<subject>[^`]+)` does not have an extra named `(?P<d>[^`]+)`"),
        Kind.NO_EXTRA,
    ),
    (re.compile(r"`(?P<subject>[^`]+)` is yanked(?: \(reason: (?P<d>.*)\))?"), Kind.YANKED),
)
_ANNOTATED = re.compile(r"^([A-Za-z0-9._-]+)==\S+(?:[ \t]+# via (.*))?$", re.MULTILINE)
_OUR_DOING = re.compile(
    r"The requested Python version .* is not available|No dependencies found in stdin"
)
"""uv would build with the interpreter that runs harness; an environment may be empty."""
_LONGEST = 500
"""Characters of a warning that are told."""


def warnings(said: str) -> Iterator[Notice]:
    """Yield what uv warns of, each thing once and sorted; uv's own order is left to chance."""
    found = sorted({match[1] for match in _WARNING.finditer(said)})
    for text in found:
        if not _OUR_DOING.match(text):
            yield _notice(printable(" ".join(text[:_LONGEST].split())))


def _notice(text: str) -> Notice:
    for pattern, kind in _KNOWN:
        if match := pattern.fullmatch(text):
            return Notice(kind=kind, subject=match["subject"], detail=(match["d"] or "").strip('"'))
    return Notice(kind=Kind.INDEX, subject=text)


def read_annotated(written: bytes) -> dict[str, frozenset[str]]:
    """Return who requires each package of a resolution that is written with annotations."""
    return {
        canonicalize_name(name): frozenset(map(canonicalize_name, via.split(", ") if via else ()))
        for name, via in _ANNOTATED.findall(written.decode(errors="replace"))
    }
