from hypothesis import given
from hypothesis import strategies as st

from harness.render.shortened import MOST, shortened, shortened_pair


def test_a_short_text_stays() -> None:
    assert shortened("a" * MOST) == "a" * MOST
    assert shortened_pair("one", "two") == ("one", "two")


def test_a_long_text_tells_how_long_it_is() -> None:
    assert shortened("x" * 4_000_000).startswith(f"{'x' * MOST}… (4000000 characters, sha256 ")


def test_two_long_texts_are_shown_from_where_they_begin_to_differ() -> None:
    first, second = shortened_pair("x" * 1000 + "a", "x" * 1000 + "b" * 1000)
    assert first == f"…{'x' * (MOST // 2)}a"
    assert second.startswith(f"…{'x' * (MOST // 2)}bb")
    assert shortened_pair("a" * 1000, "b")[1] == "b"


@given(st.text(), st.text(), st.integers(1, 9))
def test_what_differs_still_does_and_is_bounded(first: str, second: str, most: int) -> None:
    assert (shortened(first, most) == shortened(second, most)) == (first == second)
    assert (len(set(shortened_pair(first, second, most))) == 1) == (first == second)
    assert len(shortened(first, most)) < most + 80
