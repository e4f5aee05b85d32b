import math

import pytest

from harness.shadow.core.page.bland_altman import bland_altman
from tests.shadow.core.page.drawings import places, rows, shapes


def test_points_inside_the_noise_stand_in_the_band() -> None:
    plot = bland_altman([(1, 0.0005), (2, 0.1)], (-0.001, 0.001))
    ((top, height),) = places(plot, "noise", "y", "height")
    near, far = (y for (y,) in places(plot, "dot", "cy"))
    assert top <= near <= top + height
    assert far < top


def test_production_that_never_moves_still_shows() -> None:
    plot = bland_altman([(1, 0.1)], (0, 0))
    assert places(plot, "noise", "height") == [(1,)]


def test_equal_steps_are_equally_far_apart() -> None:
    plot = bland_altman([(1, -1), (2, 0), (3, 1)], (0, 0))
    first, second, third = places(plot, "dot", "cx", "cy")
    assert second == pytest.approx(
        [(a + b) / 2 for a, b in zip(first, third, strict=True)], abs=0.1
    )


def test_what_cannot_be_drawn_is_counted() -> None:
    plot = bland_altman([(1, 1), (math.nan, 0), (math.inf, 0), (1e200, 1)], (0, 0))
    assert len(shapes(plot, "dot")) == 1
    assert "3 points not finite, or too large to draw" in "".join(plot.itertext())


def test_the_values_that_moved_most_are_told_in_a_table() -> None:
    plot = bland_altman([(1, 0.5), (2, -3), *[(0.0, 0.0)] * 30], (0, 0))
    assert rows(plot)[:2] == [["2", "\N{MINUS SIGN}3"], ["1", "0.5"]]
    assert len(rows(plot)) == 20


def test_without_numbers_it_says_so() -> None:
    assert "No numbers" in "".join(bland_altman([(math.nan, math.nan)], (0, 0)).itertext())
