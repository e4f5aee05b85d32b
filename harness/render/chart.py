"""What every plot is drawn with: a frame, axes, marks, and its content in words.

A plot is one SVG without script or reference. Colours and type come from the page's style by class,
so that dark mode and print are the style's concern. Arms differ by dashes as well as by colour.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.render.html import Content, element, folded
from harness.render.scale import Scale, spaced

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

WIDTH = 440.0
LEFT, RIGHT, TOP = 58.0, 426.0, 14.0
_LETTER = 8.2
"""Width of a letter of a tick's label, in pixels, rounded up."""

Point = tuple[float, float]
Write = Callable[[float], str]

STYLE = """
:root { --a: #0072b2; --b: #6e7781; --c: #d55e00; }
@media screen and (prefers-color-scheme: dark) {
  :root { --a: #58a6ff; --b: #b1bac4; --c: #ff8c42; } }
.plots { display: grid; gap: 2rem 2.5rem; margin: 2rem 0;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 25rem), 1fr)); }
figure { margin: 0; min-width: 0; break-inside: avoid; }
figcaption { font-weight: 600; }
figure p { margin: .1rem 0 .3rem; color: var(--soft); font-size: .88rem; line-height: 1.4; }
svg { display: block; width: 100%; height: auto; }
svg text { font: 13.5px system-ui, sans-serif; fill: var(--ink); }
@media screen and (max-width: 30rem) { svg text { font-size: 14.5px; } }
svg .soft { fill: var(--soft); } svg .strong { font-weight: 600; }
svg .end { text-anchor: end; paint-order: stroke; stroke: var(--paper); stroke-width: 3px; }
 svg .middle { text-anchor: middle; }
svg line, svg polyline { fill: none; stroke: var(--soft); stroke-width: 1; }
svg .grid { stroke: var(--line); }
svg .limit { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 6 3; }
svg .noise { fill: var(--a); opacity: .18; } svg .spread { fill: var(--c); opacity: .16; }
svg .a { stroke: var(--a); stroke-width: 1.6; }
svg .b { stroke: var(--b); stroke-width: 1.6; stroke-dasharray: 4 3; }
svg .c { stroke: var(--c); stroke-width: 2.2; }
svg .dashes { stroke-dasharray: 5 3; } svg .thin { stroke-width: 1; opacity: .75; }
svg .dot { fill: var(--c); stroke: var(--paper); stroke-width: .6; }
svg .point-a { fill: var(--a); } svg .point-b { fill: var(--b); } svg .point-c { fill: var(--c); }
svg .point-a, svg .point-c { fill-opacity: .7; }
svg .cell { fill: var(--c); stroke: none; } svg .same { fill: var(--a); stroke: none; }
"""


def shape(tag: str, *contents: Content, **attributes: float | str) -> "ET.Element":
    """Return an SVG element; numbers are pixels and written with one decimal."""
    told = {
        name: value if isinstance(value, str) else pixels(value)
        for name, value in attributes.items()
    }
    return element(tag, *contents, **told)


def pixels(value: float) -> str:
    """Return a length or a place with one decimal, and none where that is zero."""
    return f"{value:.1f}".removesuffix(".0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A plot's name in the page, its title, and how it is read in a sentence or two."""

    name: str
    title: str
    reading: str

    def drawn(
        self, height: float, marks: Iterable["ET.Element"], told: Content, more: str = ""
    ) -> "ET.Element":
        """Return the plot, of so many pixels' height, with its numbers as a table to unfold."""
        reading = self.reading + more
        drawing = element(
            "svg",
            element("title", self.title, id=f"{self.name}-title"),
            element("desc", reading, id=f"{self.name}-desc"),
            *marks,
            viewBox=f"0 0 {pixels(WIDTH)} {pixels(height)}",
            role="img",
            aria_labelledby=f"{self.name}-title {self.name}-desc",
        )
        caption = (element("figcaption", self.title), element("p", reading))
        return element("figure", *caption, drawing, folded("as numbers", told), id=self.name)

    def without(self, why: str) -> "ET.Element":
        """Return what stands where the plot would, had there been data."""
        caption = element("figcaption", self.title)
        return element("figure", caption, element("p", why), id=self.name, class_="empty")


def bottom_axis(
    scale: Scale, ticks: Sequence[float], span: Point, title: str, write: Write
) -> Iterator["ET.Element"]:
    """Yield grid lines over `span` (top and bottom), the values below, and the axis's title."""
    top, y = span
    widest = max((len(write(tick)) for tick in ticks), default=0) * _LETTER
    for tick in spaced(ticks, scale, widest):
        x = scale(tick)
        yield shape("line", x1=x, x2=x, y1=top, y2=y, class_="grid")
        yield shape("text", write(tick), x=x, y=y + 16, class_="middle soft")
    middle = (scale.start + scale.end) / 2
    yield shape("text", title, x=middle, y=y + 33, class_="middle soft")


def left_axis(
    scale: Scale, x: float, right: float, write: Write, count: int = 5
) -> Iterator["ET.Element"]:
    """Yield grid lines from `x` to `right` and the values on their left."""
    for tick in spaced(scale.ticks(count), scale, 16):
        y = scale(tick)
        yield shape("line", x1=x, x2=right, y1=y, y2=y, class_="grid")
        yield shape("text", write(tick), x=x - 5, y=y + 4, class_="end soft")


def line(points: Iterable[Point], class_: str) -> "ET.Element":
    """Return a line through points in pixels."""
    path = " ".join(f"{pixels(x)},{pixels(y)}" for x, y in points)
    return shape("polyline", points=path, class_=class_)


def band(points: Sequence[tuple[float, float, float]], class_: str) -> "ET.Element":
    """Return the area between two lines, given as x and both y in pixels."""
    around = [(x, low) for x, low, _ in points] + [(x, high) for x, _, high in reversed(points)]
    path = " ".join(f"{pixels(x)},{pixels(y)}" for x, y in around)
    return shape("polygon", points=path, class_=class_)


def legend(
    names: Sequence[tuple[str, str]], y: float, start: float = LEFT
) -> Iterator["ET.Element"]:
    """Yield a key of lines: classes and what they stand for."""
    x = start
    for class_, name in names:
        yield shape("line", x1=x, x2=x + 22, y1=y - 4, y2=y - 4, class_=class_)
        yield shape("text", name, x=x + 27, y=y)
        x += 27 + len(name) * _LETTER + 12
