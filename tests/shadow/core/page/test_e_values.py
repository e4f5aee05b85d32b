import math
from xml.etree import ElementTree as ET

import pytest

from harness.shadow.core.page.e_values import EValues, e_values_over_requests
from tests.shadow.core.page.drawings import path, places, rows, shapes, texts


def _family(name: str, against: list[float], in_favour: list[float]) -> EValues:
    requests = [10 * (n + 1) for n in range(len(against))]
    return EValues(
        family=name, threshold=100, requests=requests, against=against, in_favour=in_favour
    )


def _curves(plot: ET.Element, class_: str) -> list[list[float]]:
    return [[y for _, y in path(one)] for one in shapes(plot, class_) if one.tag == "polyline"]


def test_a_family_is_settled_where_its_line_meets_the_threshold() -> None:
    plot = e_values_over_requests([_family("errors", [1, 100], [1, 0.5])])
    limit = places(plot, "limit", "y1")[0][0]
    ((_, last),) = _curves(plot, "c")
    assert last == limit


def test_equal_factors_are_equally_high() -> None:
    plot = e_values_over_requests([_family("errors", [1, 10, 100], [1, 1, 1])])
    ((first, second, third),) = _curves(plot, "c")
    assert first - second == pytest.approx(second - third, abs=0.2)


def test_boundless_evidence_stays_in_the_plot() -> None:
    plot = e_values_over_requests([_family("errors", [math.inf, 0.0], [1e300, 1e-300])])
    heights = [y for curve in _curves(plot, "c") + _curves(plot, "a dashes") for y in curve]
    assert all(24 <= y <= 150 for y in heights)


def test_each_family_has_a_panel_of_its_own() -> None:
    names = ["outputs", "errors", "median latency"]
    plot = e_values_over_requests([_family(name, [1], [1]) for name in names])
    assert [text for text in texts(plot) if text in names] == names
    corners = {places(plot, "limit", "x1", "y1")[n] for n in range(3)}
    assert len(corners) == 3


def test_evidence_is_told_in_a_table() -> None:
    plot = e_values_over_requests([_family("errors", [1, 2e9], [1, 0.5])])
    assert rows(plot) == [["errors", "20", "2\N{MULTIPLICATION SIGN}10⁹", "0.5", "100"]]


def test_without_requests_it_says_so() -> None:
    plot = e_values_over_requests([_family("errors", [], [])])
    assert "No request was judged." in "".join(plot.itertext())
