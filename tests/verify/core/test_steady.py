from hypothesis import given
from hypothesis import strategies as st

from harness.verify.core.steady import beside_order, is_beyond, lost_bytes, lost_words

WORDS = st.lists(st.sampled_from("abcdefgh"), min_size=2)


@given(WORDS.flatmap(lambda words: st.tuples(st.just(words), st.permutations(words))))
def test_words_in_another_order_are_not_lost(pair: tuple[list[str], list[str]]) -> None:
    first, second = (" ".join(words).encode() for words in pair)
    assert not lost_words([first], second)


def test_only_words_that_all_pinned_rebuilds_have_can_be_lost() -> None:
    pinned = [b"host a took 17", b"took 18 host a"]
    assert set(lost_words(pinned, b"host b took 19")) == {b"a"}


def test_bytes_beside_those_that_vary_are_not_held_against_a_rebuild() -> None:
    pinned = [bytes(64), bytes(20) + b"\1" + bytes(43)]
    assert not lost_bytes(pinned, bytes(30) + b"\2" + bytes(33))
    assert lost_bytes(pinned, bytes(63) + b"\2") == {3}
    assert not lost_bytes(pinned, bytes(65))


def test_a_race_is_held_against_its_words_and_not_against_its_lines() -> None:
    pinned = [b"a 1\nb 2\n", b"b 2\na 1\n"]
    assert not is_beyond("text", pinned, [b"b 2\na 1\n"], is_race=True, has_fields=True)
    assert is_beyond("JSON", pinned, [b"b 2\nc 1\n"], is_race=True, has_fields=False)


def test_numbers_that_vary_in_a_race_are_not_lost_when_they_come_no_more() -> None:
    pinned = [b"a 17\nb 18\n", b"b 17\na 19\n"]
    assert not is_beyond("text", pinned, [b"b 21\na 22\n"], is_race=True, has_fields=True)
    assert is_beyond("text", pinned, [b"c 21\na 22\n"], is_race=True, has_fields=True)


def test_a_text_in_order_needs_a_field_and_a_word_in_every_moved_rebuild() -> None:
    pinned = [b"at 17 on a", b"at 18 on a"]
    moved = [b"at 19 on b", b"at 17 on b"]
    assert is_beyond("text", pinned, moved, is_race=False, has_fields=True)
    assert not is_beyond("text", pinned, moved, is_race=False, has_fields=False)
    assert not is_beyond("text", pinned, [*moved, pinned[0]], is_race=False, has_fields=True)


def test_a_text_that_varies_elsewhere_may_be_in_another_order() -> None:
    pinned = [b"at 17\na b c", b"at 18\na b c"]
    assert is_beyond("text", pinned, [b"at 19\nc b a"], is_race=False, has_fields=True)
    assert not is_beyond("text", pinned, [b"at 19\na b c"], is_race=False, has_fields=True)


def test_other_formats_are_held_against_their_fields_and_bytes_against_their_places() -> None:
    pinned, moved = [b"\0" * 64, b"\1" + b"\0" * 63], [b"\0" * 63 + b"\1"]
    assert is_beyond("binary", pinned, moved, is_race=False, has_fields=False)
    assert not is_beyond("zip", pinned, moved, is_race=True, has_fields=False)


def test_what_is_beside_an_order_is_one_field() -> None:
    assert beside_order(b"b a 7", b"a b 8").second == "8"
