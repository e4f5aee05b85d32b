"""Self-contained HTML pages, built as trees: whatever stands in a text cannot become markup.

A page needs no script and no other file; it folds by <details>. A long word, such as a store path,
may break after `/` and `-`, and nowhere else.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from xml.etree import ElementTree as ET

from harness.render.printable import printable_lines
from harness.render.style import STYLE

Content = str | ET.Element

_LONG_WORD = re.compile(r"\S{20,}")
_PLACE = re.compile(r"(?<=[/-])(?=[^/-])")
_UNBROKEN = {"title", "style", "text", "desc"}
"""Elements that hold nothing but text."""


def element(tag: str, *contents: Content, **attributes: str) -> ET.Element:
    """Return an element; `class_` stands for `class`, `aria_label` for `aria-label`."""
    made = ET.Element(
        tag,
        {
            name.rstrip("_").replace("_", "-"): printable_lines(value)
            for name, value in attributes.items()
        },
    )
    for content in contents:
        if isinstance(content, ET.Element):
            made.append(content)
        elif tag in _UNBROKEN:
            _add_text(made, printable_lines(content))
        else:
            _add_breakable(made, printable_lines(content))
    return made


def _add_breakable(made: ET.Element, text: str) -> None:
    """Add a text with a place to break after each `/` and `-` in its long words."""
    first, *others = _pieces(text)
    _add_text(made, first)
    for piece in others:
        made.append(ET.Element("wbr"))
        _add_text(made, piece)


def _pieces(text: str) -> Iterator[str]:
    start = 0
    for word in _LONG_WORD.finditer(text):
        for place in _PLACE.finditer(text, *word.span()):
            yield text[start : place.start()]
            start = place.start()
    yield text[start:]


def _add_text(made: ET.Element, text: str) -> None:
    if len(made):
        made[-1].tail = (made[-1].tail or "") + text
    else:
        made.text = (made.text or "") + text


def prose(text: str) -> ET.Element:
    """Return a text in which what stands between backticks is code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return element("span", text)
    told = (element("code", part) if at % 2 else part for at, part in enumerate(parts))
    return element("span", *told)


def table(head: Sequence[str], rows: Iterable[Sequence[Content]]) -> ET.Element:
    """Return a table; on a narrow screen each row is a block, its cells below each other."""
    labelled = (
        element(
            "tr",
            *(
                element("td", cell, role="cell", data_label=title)
                for title, cell in zip(head, row, strict=True)
            ),
            role="row",
        )
        for row in rows
    )
    top = element("tr", *(_head(title) for title in head), role="row")
    return _scrolling(
        "wide stacks",
        head,
        element(
            "table",
            element("thead", top, role="rowgroup"),
            element("tbody", *labelled, role="rowgroup"),
            role="table",
        ),
    )


def numbers(head: Sequence[str], rows: Iterable[Sequence[Content]]) -> ET.Element:
    """Return a table of names and numbers, a line a row, which scrolls where it is too wide."""
    return _scrolling("wide lines numbers", head, _plain(head, rows))


def lines(head: Sequence[str], rows: Iterable[Sequence[Content]]) -> ET.Element:
    """Return a table of whole hashes and such, a line a row, which scrolls likewise."""
    return _scrolling("wide lines", head, _plain(head, rows))


def _plain(head: Sequence[str], rows: Iterable[Sequence[Content]]) -> ET.Element:
    body = (element("tr", *(element("td", cell) for cell in row)) for row in rows)
    top = element("tr", *map(_head, head))
    return element("table", element("thead", top), element("tbody", *body))


def _scrolling(class_: str, head: Sequence[str], inner: ET.Element) -> ET.Element:
    """Return what scrolls by itself, also by keys, where it is wider than the page."""
    label = f"table: {', '.join(filter(None, head))}"
    return element("div", inner, class_=class_, role="group", aria_label=label, tabindex="0")


def _head(title: str) -> ET.Element:
    return element("th", title) if title else element("td")


def pairs(facts: Iterable[tuple[str, Content]]) -> ET.Element:
    """Return names with what they stand for."""
    told = (element("div", element("dt", name), element("dd", text)) for name, text in facts)
    return element("dl", *told, class_="facts")


def marked(verdict: str, class_: str, tag: str = "span") -> ET.Element:
    """Return a verdict's word in its colour: "good", "bad" or "open"."""
    return element(tag, verdict, class_=f"mark {class_}")


def folded(summary: Content, *contents: Content, unfolded: bool = False) -> ET.Element:
    """Return what is shown on a click; `unfolded` shows it from the beginning."""
    state = {"open": "open"} if unfolded else {}
    return element("details", element("summary", summary), *contents, **state)


def page(title: str, *contents: Content, style: str = "") -> bytes:
    """Return a whole page; `style` is CSS of its own, which is trusted."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", STYLE + style),
    )
    root = element("html", head, element("body", element("main", *contents)), lang="en")
    body: bytes = ET.tostring(root, encoding="utf-8", method="html")
    return b"<!DOCTYPE html>\n" + body
