from harness.shadow.core.page.differing import FieldCount, differing_fields
from tests.shadow.core.page.drawings import places, rows, texts

COUNTS = [
    FieldCount(field="header:location", candidate=480, production=0, again=12),
    FieldCount(
        field="a.very.long.path.of.a.field.that.takes.room", candidate=0, production=120, again=0
    ),
]


def test_bars_are_as_long_as_requests_are_many() -> None:
    plot = differing_fields(COUNTS, 700)
    ((candidate,),) = places(plot, "cell", "width")
    ((production,),) = places(plot, "same", "width")
    assert abs(candidate / production - 4) < 0.01


def test_counts_are_told_in_words_and_in_a_table() -> None:
    plot = differing_fields(COUNTS, 700)
    assert "480, 12 again; production 0" in texts(plot)
    assert "a.very.long.path.of.a.field.t…" in texts(plot)
    assert rows(plot)[0] == ["header:location", "480", "0", "12"]
    assert "Of 700 requests." in "".join(plot.itertext())


def test_without_fields_it_says_so() -> None:
    assert "No field differed in one arm alone." in "".join(differing_fields([], 9).itertext())


def test_a_field_that_differs_when_asked_again_alone_has_no_bar() -> None:
    plot = differing_fields([FieldCount(field="y", candidate=0, production=0, again=1)], 9)
    assert places(plot, "cell", "width") == []
