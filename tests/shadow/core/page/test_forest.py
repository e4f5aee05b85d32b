import pytest

from harness.shadow.core.page.forest import Effect, forest
from tests.shadow.core.page.drawings import path, places, rows, shapes, texts


def _effect(low: float, effect: float, high: float, margin: float = 0.05) -> Effect:
    return Effect(family="errors", effect=effect, low=low, high=high, margin=margin)


def test_effects_stand_in_units_of_their_own_margins() -> None:
    one, other = _effect(0.01, 0.05, 0.08), _effect(0.001, 0.005, 0.008, margin=0.005)
    plot = forest([one, other])
    (margin,) = {x for x, _ in places(plot, "limit", "x1", "x2")}
    assert [x for (x,) in places(plot, "dot", "cx")] == pytest.approx([margin, margin])
    zero = places(plot, "grid", "x1")[1][0]
    ends = places(plot, "c", "x1", "x2")
    assert ends[0] == pytest.approx(
        (zero + 0.2 * (margin - zero), zero + 1.6 * (margin - zero)), abs=0.1
    )


def test_an_interval_that_leaves_the_plot_ends_in_an_arrow() -> None:
    plot = forest([_effect(-1, 1, 9)])
    arrows = [path(shape) for shape in shapes(plot, "c") if shape.tag == "polyline"]
    left, right = (arrow[1][0] for arrow in arrows)
    assert (left, right) == (16, 426)
    assert not shapes(plot, "dot")


def test_production_against_itself_is_a_band() -> None:
    effect = Effect(
        family="median latency", effect=0, low=-0.01, high=0.01, margin=0.05, noise=(-0.05, 0.05)
    )
    plot = forest([effect])
    ((start, width),) = places(plot, "noise", "x", "width")
    ((margin,),) = places(plot, "limit", "x1")
    assert start + width == pytest.approx(margin, abs=0.1)


def test_effects_are_told_in_words_and_in_a_table() -> None:
    plot = forest([_effect(-0.01, 0.02, 0.03)])
    assert "+2% (\N{MINUS SIGN}1% to +3%)" in texts(plot)
    assert rows(plot) == [["errors", "+2%", "\N{MINUS SIGN}1%", "+3%", "+5%"]]


def test_without_effects_it_says_so() -> None:
    plot = forest([])
    assert plot.find("svg") is None
    assert "Nothing was measured." in "".join(plot.itertext())
