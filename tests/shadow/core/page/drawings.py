"""What stands in a plot: its shapes by class, its texts, its table."""

from xml.etree import ElementTree as ET


def texts(plot: ET.Element) -> list[str]:
    """Return the texts that are drawn, in order."""
    return [text.text or "" for text in plot.iterfind(".//svg//text")]


def shapes(plot: ET.Element, class_: str) -> list[ET.Element]:
    """Return the shapes of exactly this class."""
    return [shape for shape in plot.iterfind(".//svg/*") if shape.get("class") == class_]


def places(plot: ET.Element, class_: str, *axes: str) -> list[tuple[float, ...]]:
    """Return where the shapes of a class stand, by these attributes, in pixels."""
    return [tuple(float(one.get(axis, "nan")) for axis in axes) for one in shapes(plot, class_)]


def path(shape: ET.Element) -> list[tuple[float, float]]:
    """Return the points of a line or an area, in pixels."""
    pairs = [point.split(",") for point in shape.get("points", "").split()]
    return [(float(x), float(y)) for x, y in pairs]


def rows(plot: ET.Element) -> list[list[str]]:
    """Return the table of a plot's numbers."""
    body = plot.iterfind(".//tbody/tr")
    return [["".join(cell.itertext()) for cell in row] for row in body]
