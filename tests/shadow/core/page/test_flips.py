from harness.shadow.core.page.flips import MOST_LABELS, Count, flip_matrix
from tests.shadow.core.page.drawings import places, rows, shapes, texts


def test_agreement_stands_on_the_diagonal_and_flips_beside_it() -> None:
    counts = [
        Count(first="cat", second="cat", count=90),
        Count(first="dog", second="dog", count=80),
        Count(first="cat", second="dog", count=3),
    ]
    plot = flip_matrix(counts, [])
    assert all(x - y == 120 - 44 for x, y in places(plot, "same", "x", "y"))
    ((x, y),) = places(plot, "cell", "x", "y")
    assert x - y > 120 - 44
    assert rows(plot) == [["cat", "cat", "90"], ["cat", "dog", "3"], ["dog", "dog", "80"]]


def test_more_is_darker() -> None:
    counts = [Count(first="a", second="b", count=10), Count(first="b", second="a", count=1)]
    more, fewer = (
        float(cell.get("fill-opacity", "")) for cell in shapes(flip_matrix(counts, []), "cell")
    )
    assert more > fewer


def test_labels_that_flip_are_kept_and_the_rest_is_one() -> None:
    counts = [Count(first=f"{n:02}", second=f"{n:02}", count=1000 - n) for n in range(30)]
    plot = flip_matrix([*counts, Count(first="28", second="29", count=1)], [])
    names = {row[0] for row in rows(plot)}
    assert names == {"00", "01", "02", "03", "04", "05", "28", "29", "other"}
    assert len(names) == MOST_LABELS + 1
    assert ["other", "other", f"{sum(1000 - n for n in range(6, 28)):,}"] in rows(plot)


def test_a_mark_stands_at_each_flips_margin() -> None:
    plot = flip_matrix([Count(first="a", second="b", count=2)], [0.0, 0.5, 1.0])
    marks = [x for (x,) in places(plot, "c", "x1")]
    assert marks == [120, 273, 426]


def test_long_labels_and_large_counts_are_shortened() -> None:
    counts = [Count(first="x" * 40, second="x" * 40, count=1_234_567)]
    said = texts(flip_matrix(counts, []))
    assert "x" * 13 + "…" in said
    assert "1.2\N{MULTIPLICATION SIGN}10⁶" in said


def test_without_flips_it_says_so() -> None:
    assert "No label" in "".join(flip_matrix([], []).itertext())
