"""The answer of `harness diff`: for each level that applies, what differs, the telling first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.formats.fields import told_apart
from harness.render.html import Content, element, folded, page, table
from harness.render.opening import Made, Opening, Told
from harness.render.printable import printable

ADDED, REMOVED = "added", "removed"
"""Fields of items that one side lacks altogether."""
SHOWN = 8
"""Items of a level that a terminal shows before the rest is folded."""
_SAME = Told(verdict="the same", meaning="Nothing that was compared differs.", colour="good")
_DIFFERENT = Told(verdict="different", meaning="The two are not the same.", colour="bad")
_HEAD = ("what", "field", "first", "second")
_LONGEST = 70
_WIDTH = 78
"""Columns of a line below a level's name."""
_BEFORE = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One difference: of what, in which field, both values as text, and where in bytes.

    An empty value says that there is nothing on that side. `via` is the way that leads there from
    the top: names of derivations or paths.
    """

    subject: str
    field: str
    first: str = ""
    second: str = ""
    offset: int | None = None
    via: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What one level says; `items` may be fewer than `summary` counts, where a limit cut them."""

    name: str
    summary: str
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Both names as they were given, and the levels that differ or say why they cannot."""

    first: str
    second: str
    levels: tuple[Level, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_same(self) -> bool:
        """Return whether no level differs."""
        return not self.levels


def as_lines(report: Report, *, unfolded: bool = False) -> list[str]:
    """Return what a terminal shows, without what would steer one."""
    lines = ["the same"] if report.is_same else []
    for level in report.levels:
        lines.append(f"{level.name}: {level.summary}")
        shown = level.items if unfolded else level.items[:SHOWN]
        lines += [f"  {line}" for item in shown for line in _told(item, unfolded=unfolded)]
        if rest := len(level.items) - len(shown):
            lines.append(f"  … and {rest} more (--all)")
    return [*map(printable, lines), *map(printable, report.notes)]


def _told(item: Item, *, unfolded: bool) -> list[str]:
    """Return an item's line; the way to it is on a line of its own where both would be too long."""
    at = "" if item.offset is None else f" at byte {item.offset}"
    values = "" if not item.first and not item.second else f": {_values(item, unfolded=unfolded)}"
    line = f"{item.subject}: {item.field}{at}{values}"
    if " → " not in item.via:
        return [line]
    via = f"(by {item.via})"
    whole = f"{line} {via}"
    return [whole] if len(whole) <= _WIDTH else [line, f"  {via}"]


def _values(item: Item, *, unfolded: bool) -> str:
    if item.field in {ADDED, REMOVED}:
        return _short(item.first or item.second, unfolded=unfolded)
    start = 0 if unfolded or max(map(len, (item.first, item.second))) <= _LONGEST else _start(item)
    pair = told_apart(item.first[start:], item.second[start:])
    shown = (f"{'…' if start else ''}{_short(value, unfolded=unfolded)}" for value in pair)
    return " → ".join(shown)


def _start(item: Item) -> int:
    """Return where long values are shown from: a little before they begin to differ."""
    both = enumerate(zip(item.first, item.second, strict=False))
    shorter = min(len(item.first), len(item.second))
    equal = next((at for at, (one, other) in both if one != other), shorter)
    return equal - _BEFORE if equal > 2 * _BEFORE else 0


def _short(value: str, *, unfolded: bool) -> str:
    text = value.replace("\n", "⏎") or "(nothing)"
    ending = "" if unfolded or len(text) <= _LONGEST else "…"
    return f"{text if unfolded else text[:_LONGEST]}{ending}"


def as_object(report: Report) -> Mapping[str, Any]:
    """Return what `harness diff --json` prints (docs/diff.md)."""
    return {
        "same": report.is_same,
        "exit-code": 0 if report.is_same else 1,
        "first": report.first,
        "second": report.second,
        "levels": [_level(level) for level in report.levels],
        "notes": list(report.notes),
    }


def _level(level: Level) -> Mapping[str, Any]:
    return {
        "level": level.name,
        "summary": level.summary,
        "items": [
            {
                "subject": item.subject,
                "field": item.field,
                "first": item.first,
                "second": item.second,
                "offset": item.offset,
                "via": item.via,
            }
            for item in level.items
        ],
    }


def as_html(report: Report, made: Made | None = None) -> bytes:
    """Return a self-contained page, each level folded but the first."""
    opening = Opening(
        verb="diff",
        subject=f"{report.first} and {report.second}",
        verdicts=[_SAME if report.is_same else _DIFFERENT],
        why=[f"{level.name}: {level.summary}" for level in report.levels] or ["No level differs."],
        remedies=[_remedy(report)],
        facts=[
            *(made.facts() if made else ()),
            ("first", element("code", report.first)),
            ("second", element("code", report.second)),
        ],
    )
    levels = [_folded(level, unfolded=not at) for at, level in enumerate(report.levels)]
    notes = [element("p", note) for note in report.notes]
    return page(opening.title, opening.drawn(), *levels, *notes)


def _remedy(report: Report) -> str:
    if report.is_same:
        return "Nothing."
    return f"Begin with {report.levels[0].name}: what differs there mostly explains what is below."


def _folded(level: Level, *, unfolded: bool) -> Content:
    rows: Sequence[Sequence[Content]] = [
        (item.subject, item.field, *(element("code", one) for one in pair))
        for item in level.items
        for pair in [told_apart(item.first, item.second)]
    ]
    heading = element("span", element("strong", level.name), f": {level.summary}")
    return folded(heading, table(_HEAD, rows), unfolded=unfolded)
