"""Self-contained HTML pages, built as trees: whatever stands in a text cannot become markup.

A page needs no script and no other file; it folds by <details>, and reads on a phone and in dark.
"""

from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as ET

from harness.render.printable import printable_lines

Content = str | ET.Element

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --good: #1a7f37; --bad: #cf222e; --open: #9a6700; }
@media (prefers-color-scheme: dark) {
  :root { --good: #3fb950; --bad: #ff7b72; --open: #d29922; }
}
body { font: 16px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .6rem; text-align: left;
  vertical-align: top; overflow-wrap: break-word; }
.wide { overflow-x: auto; }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
summary { cursor: pointer; padding: .2rem 0; }
.good { color: var(--good); } .bad { color: var(--bad); } .open { color: var(--open); }
"""


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
        elif len(made):
            made[-1].tail = (made[-1].tail or "") + printable_lines(content)
        else:
            made.text = (made.text or "") + printable_lines(content)
    return made


def table(head: Sequence[str], rows: Iterable[Sequence[Content]]) -> ET.Element:
    """Return a table that scrolls by itself, also by keys, where it is wider than the page."""
    body = element("tbody", *(element("tr", *(element("td", c) for c in row)) for row in rows))
    titles = [title for title in head if title]
    top = [element("thead", element("tr", *map(_head, head)))] if titles else []
    return element(
        "div",
        element("table", *top, body),
        class_="wide",
        role="group",
        aria_label=f"table: {', '.join(titles) or 'names and values'}",
        tabindex="0",
    )


def _head(title: str) -> ET.Element:
    return element("th", title) if title else element("td")


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
        element("style", _STYLE + style),
    )
    main = element("main", element("h1", title), *contents)
    root = element("html", head, element("body", main), lang="en")
    body: bytes = ET.tostring(root, encoding="utf-8", method="html")
    return b"<!DOCTYPE html>\n" + body
