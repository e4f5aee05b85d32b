"""Plots: what stands where, and that nothing is said by the picture alone."""

import itertools
from xml.etree import ElementTree as ET

import pytest

from harness.render.chart import (
    LEFT,
    STYLE,
    WIDTH,
    Figure,
    band,
    bottom_axis,
    left_axis,
    legend,
    line,
    pixels,
    shape,
)
from harness.render.html import numbers
from harness.render.scale import Linear

FIGURE = Figure(name="tail", title="The slowest", reading="Left of the dashed line passes.")
ACROSS = Linear(low=0, high=100, start=LEFT, end=400)
UP = Linear(low=0, high=10, start=200, end=20)


def texts(marks: list[ET.Element]) -> list[str]:
    return [mark.text or "" for mark in marks if mark.tag == "text"]


def places(marks: list[ET.Element], tag: str, name: str) -> list[float]:
    return [float(mark.attrib[name]) for mark in marks if mark.tag == tag]


@pytest.mark.parametrize(
    ("value", "text"), [(3.0, "3"), (3.04, "3"), (3.06, "3.1"), (-0.5, "-0.5"), (100.0, "100")]
)
def test_pixels_have_one_decimal_at_most(value: float, text: str) -> None:
    assert pixels(value) == text


def test_attributes_are_pixels_or_texts() -> None:
    mark = shape("line", x1=1.25, y1=2.0, class_="grid")
    assert mark.attrib == {"x1": "1.2", "y1": "2", "class": "grid"}


def test_a_plot_has_its_title_reading_and_numbers_beside_the_picture() -> None:
    told = numbers(("a", "b"), [("1", "2")])
    figure = FIGURE.drawn(120, [line([(0, 0), (1, 1)], "a")], told, more=" So it is.")
    assert figure.attrib["id"] == "tail"
    svg = figure.find("svg")
    assert svg is not None
    assert svg.attrib["viewBox"] == f"0 0 {pixels(WIDTH)} 120"
    assert svg.attrib["role"] == "img"
    named = svg.attrib["aria-labelledby"].split()
    by_id = {one.attrib["id"]: one.text for one in svg if "id" in one.attrib}
    assert [by_id[name] for name in named] == [
        "The slowest",
        "Left of the dashed line passes. So it is.",
    ]
    assert figure.find("details/table") is not None or figure.find("details//table") is not None


def test_without_data_a_plot_says_why() -> None:
    figure = FIGURE.without("No request was asked twice.")
    assert figure.find("svg") is None
    assert [one.text for one in figure] == ["The slowest", "No request was asked twice."]
    assert figure.attrib["class"] == "empty"


def test_what_a_text_holds_cannot_become_markup() -> None:
    mark = shape("text", "<script>&", x=1.0)
    assert ET.tostring(mark, encoding="unicode") == '<text x="1">&lt;script&gt;&amp;</text>'


def test_values_below_stand_under_their_grid_lines() -> None:
    marks = list(bottom_axis(ACROSS, [0, 50, 100], (10, 150), "time", str))
    assert texts(marks) == ["0", "50", "100", "time"]
    lines = places(marks, "line", "x1")
    assert lines == places(marks, "line", "x2") == [ACROSS(0), ACROSS(50), ACROSS(100)]
    assert places(marks, "text", "x")[:3] == lines
    assert places(marks, "text", "x")[3] == (LEFT + 400) / 2


def test_values_that_would_overlap_are_left_out() -> None:
    ticks = [float(number) for number in range(0, 101, 2)]
    marks = list(bottom_axis(ACROSS, ticks, (10, 150), "", lambda value: f"{value:.3f} seconds"))
    lines = places(marks, "line", "x1")
    assert 1 < len(lines) < len(ticks)
    assert min(b - a for a, b in itertools.pairwise(lines)) > len("2.000 seconds") * 8


def test_an_axis_without_values_has_its_title() -> None:
    assert texts(list(bottom_axis(ACROSS, [], (10, 150), "time", str))) == ["time"]


def test_values_at_the_left_stand_beside_their_grid_lines_and_grow_upwards() -> None:
    marks = list(left_axis(UP, LEFT, 400, lambda value: f"{value:g}"))
    lines = places(marks, "line", "y1")
    assert lines == sorted(lines, reverse=True)
    assert [float(text) for text in texts(marks)] == sorted(float(text) for text in texts(marks))
    assert all(x < LEFT for x in places(marks, "text", "x"))


def test_a_line_goes_through_its_points_in_order() -> None:
    assert line([(0, 1), (2.25, 3)], "a").attrib == {"points": "0,1 2.2,3", "class": "a"}


def test_an_area_goes_along_its_lower_and_back_along_its_upper_line() -> None:
    area = band([(0, 5, 9), (1, 6, 8)], "spread")
    assert area.tag == "polygon"
    assert area.attrib["points"] == "0,5 1,6 1,8 0,9"


def test_names_in_a_key_stand_beside_their_lines_and_do_not_overlap() -> None:
    names = [("a", "production A"), ("b", "production B"), ("c", "candidate")]
    marks = list(legend(names, 12))
    assert texts(marks) == [name for _, name in names]
    begin, end = places(marks, "line", "x1"), places(marks, "text", "x")
    assert begin[0] == LEFT
    for (_, name), at, following in zip(names, end, begin[1:], strict=False):
        assert following >= at + 8 * len(name)


def test_arms_differ_by_dashes_and_not_by_colour_alone() -> None:
    styles = {arm: STYLE[STYLE.index(f"svg .{arm} {{") :].partition("}")[0] for arm in "abc"}
    assert ["stroke-dasharray" in styles[arm] for arm in "abc"] == [False, True, False]
    widths = [styles[arm].partition("stroke-width: ")[2].split(";")[0] for arm in "ac"]
    assert widths[0] != widths[1]
