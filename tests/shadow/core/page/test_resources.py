import pytest

from harness.shadow.core.evidence.resources import Resource
from harness.shadow.core.page.resources import resources_by_start
from tests.shadow.core.page.drawings import places, rows, shapes, texts

MIB = 2.0**20
MEMORY = Resource(production=[100 * MIB, 102 * MIB], candidate=[150 * MIB], absolute=4 * MIB)
START = Resource(production=[1.0], candidate=[1.5], relative=0.1, absolute=0.2)


def test_every_start_is_a_dot_on_one_scale_with_what_is_allowed() -> None:
    plot = resources_by_start({"memory": MEMORY})
    first, second = (x for (x,) in places(plot, "point-a", "cx"))
    (candidate,) = (x for (x,) in places(plot, "point-c", "cx"))
    (limit,) = (x for (x,) in places(plot, "limit", "x1"))
    pixels = (second - first) / (2 * MIB)
    assert candidate - first == pytest.approx(50 * MIB * pixels, abs=1.5)
    assert limit - first == pytest.approx((101 * 1.1 + 4 - 100) * MIB * pixels, abs=1)


def test_medians_are_told_in_their_units() -> None:
    plot = resources_by_start({"memory": MEMORY, "start time": START})
    assert rows(plot) == [
        ["memory", "101 MiB", "150 MiB", "115 MiB", "1"],
        ["start time", "1 s", "1.5 s", "1.3 s", "1"],
    ]
    assert "1 s → 1.5 s (+50%)" in texts(plot)


def test_a_resource_that_production_needs_none_of_has_no_relative_change() -> None:
    none = Resource(production=[0.0], candidate=[0.5])
    assert "0 s → 500 ms" in texts(resources_by_start({"CPU time": none}))


@pytest.mark.parametrize("resources", [{}, {"memory": Resource(production=[1.0], candidate=[])}])
def test_without_starts_of_both_it_says_so(resources: dict[str, Resource]) -> None:
    plot = resources_by_start(resources)
    assert "No start was measured" in "".join(plot.itertext())
    assert shapes(plot, "limit") == []
