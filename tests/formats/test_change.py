from hypothesis import given
from hypothesis import strategies as st

from harness.formats.change import At, Change, Kind, Step, field, mode, moment, own_words, text


def test_dates_stand_beside_seconds_and_modes_are_octal() -> None:
    """Known answer: `date -u -d @1717236184`."""
    assert text(Kind.TIME, 1717236184) == "1717236184 (2024-06-01 10:03:04 UTC)"
    assert text(Kind.MODE, 0o755) == "0755"
    assert mode(0o644).kind is Kind.MODE
    assert text(Kind.NUMBER, 1.5) == "1.5"
    assert text(Kind.TEXT, "as it is") == "as it is"


@given(st.integers())
def test_any_number_of_seconds_has_a_text(seconds: int) -> None:
    assert moment(seconds).startswith(str(seconds))


def test_both_values_are_told_by_the_kind_of_the_change() -> None:
    change = Change(kind=Kind.MODE, place=field("mode"), first=0o600, second="")
    assert change.texts == ("0600", "")


def test_words_of_this_program_are_no_words_of_the_file() -> None:
    place = (Step(At.MEMBER, "a/b"), Step(At.FIELD, "time"), Step(At.LINE, 3))
    assert own_words(place) == "a/b 3"
