import pytest

from harness.shadow.core.page.latency import Stretch, latency_over_time
from tests.shadow.core.page.drawings import path, rows, shapes, texts


def _stretch(at: float, scale: float) -> Stretch:
    medians, slowest = (0.005, 0.005, 0.006), (0.01, 0.01, 0.01 * scale)
    return Stretch(at=at, medians=medians, slowest=slowest)


def test_a_stall_rises_where_it_happened() -> None:
    plot = latency_over_time([_stretch(at, 100 if at == 5 else 1) for at in range(10)])
    slowest = path(shapes(plot, "c thin")[0])
    assert min(range(10), key=lambda at: slowest[at][1]) == 5
    assert {"100 ms", "1 s"} <= {*texts(plot)}


def test_each_arm_has_its_median_and_its_slowest() -> None:
    plot = latency_over_time([_stretch(0, 1), _stretch(1, 1)])
    heights = {c: path(shapes(plot, c)[0])[0][1] for c in ("a", "b", "c", "a thin", "b thin")}
    assert heights["a"] == heights["b"] > heights["c"] > heights["a thin"] == heights["b thin"]


def test_equal_ratios_are_equally_high() -> None:
    stretches = [
        Stretch(at=at, medians=(value, value, value), slowest=(value, value, value))
        for at, value in enumerate((0.001, 0.01, 0.1))
    ]
    first, second, third = (y for _, y in path(shapes(latency_over_time(stretches), "a")[0]))
    assert first - second == pytest.approx(second - third, abs=0.2)


def test_latencies_are_told_in_a_table() -> None:
    assert rows(latency_over_time([_stretch(2.5, 3)])) == [
        ["2.5 s", "5 ms", "5 ms", "6 ms", "10 ms", "10 ms", "30 ms"]
    ]


def test_without_latencies_it_says_so() -> None:
    assert "No latencies" in "".join(latency_over_time([]).itertext())
