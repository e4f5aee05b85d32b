from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.formats.change import Change
from harness.core.recognise import (
    FILE_TIME,
    HOST_STATE,
    RACE,
    TEMPORARY_NAME,
    Span,
    instability,
    is_environment_dump,
    is_reading,
    is_reordered,
    is_shuffled,
    order_of,
    suspects,
)

NOW = 1_795_000_000
SPAN = Span(first=NOW, second=NOW + 3)


def change(first: str, second: str, field: str = "line 1") -> Change:
    return Change(field=field, first=first, second=second)


def stamped(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat()


@pytest.mark.parametrize(
    ("one", "named"),
    [
        (change("localhost", "harness-moved"), "host"),
        (change("6.1.0", "9.87.6-harness"), "host"),
        (change("/build/a.c", "/harness-moved/build/a.c"), "build-directory"),
        (change("/homeless-shelter", "/harness-was-here"), "home"),
        (change("UTC", "HRN"), "time-zone"),
        (change(str(NOW), str(NOW + 48078188 + 7)), "clock"),
        (change(f"{NOW}000", f"{NOW + 48078188}000"), "clock"),
        (change(stamped(NOW), stamped(NOW + 48078188)), "clock"),
        (change("1700000000", "1700048078", "gzip header mtime"), "clock"),
        (change("5000.25", "91461.5"), "monotonic"),
        (change("644", "600", "member a: mode"), "umask"),
        (change("<object at 0x7ffff7>", "<object at 0x7f2b31>"), "address-layout"),
        (change("10 12 c0 1c f7 ff ff 7f 00 00", "20"), "address-layout"),
        (change("c b a", "a b c"), "hash-seed"),
        (change("b", "a", "frozenset order"), "directory-order"),
        (change("d3b07384d113edec", "0cc175b9c0f1b6a8"), "random"),
        (change("a/tmpab12cd", "a/tmpzz99yy"), "random"),
        (change("2", "5"), "cores"),
        (change("0.5403023058681398", "0.5403023058681399"), "instruction-set"),
        (change("1.5", "1.6", "float at 0x10 differs by 1 ULP"), "threads"),
    ],
)
def test_a_change_speaks_for_a_factor(one: Change, named: str) -> None:
    assert named in {name for hint in suspects([one], NOW) for name in hint}


def test_a_change_that_says_nothing_speaks_for_no_factor() -> None:
    assert suspects([change("alpha", "omega")], NOW) == []


def test_lines_in_another_order_speak_for_all_that_orders() -> None:
    moved = [change("a\nb", "", "line 1-2"), change("", "b", "line 4"), change("", "a", "line 9")]
    assert is_reordered(moved)
    assert suspects(moved, NOW)[0][0] == "schedule"
    assert not is_reordered([change("a", "b")])


def test_pointers_that_read_as_floats_speak_for_the_layout_alone() -> None:
    tiny = change("5.3e-317", "5.4e-317", "float at 0x20 differs by 9 ULP")
    pointer = change("c0 1c 7f f7 ff 7f 00 00", "c0 1c 12 34 56 7f 00 00", "bytes 0x0 to 0x8")
    rounded = change("1.5", "1.6", "float at 0x10 differs by 1 ULP")
    assert ("instruction-set", "threads", "cpus") not in suspects([tiny], NOW)
    assert suspects([pointer, rounded], NOW) == [("address-layout",)]


@pytest.mark.parametrize(
    ("one", "kind"),
    [
        (change("5", "6", "member a: mtime"), FILE_TIME),
        (change(str(NOW + 1), str(NOW + 4)), FILE_TIME),
        (change("/build/tmp.Ab12", "/build/tmp.Cd34"), TEMPORARY_NAME),
        (change("MemFree: 100 kB", "MemFree: 90 kB"), HOST_STATE),
        (change("4096", "8192"), HOST_STATE),
        (change(stamped(NOW + 1), stamped(NOW + 3)), FILE_TIME),
        (change(stamped(NOW + 1)[11:19], stamped(NOW + 3)[11:19]), FILE_TIME),
        (change("1", "2"), RACE),
        (change("b a", "a b"), RACE),
        (change("left", "right"), RACE),
    ],
)
def test_what_varies_by_itself_has_a_kind(one: Change, kind: str) -> None:
    assert instability([one], SPAN) == kind


def test_a_reading_is_a_number_that_is_no_time() -> None:
    assert is_reading(change("free 123456", "free 123400"))
    assert not is_reading(change(f"at {NOW}", f"at {NOW + 3}"))
    assert not is_reading(change("part 3", "piece 3"))


def test_small_counts_and_roundings_are_no_state_of_the_host() -> None:
    assert instability([change("part 3", "part 4")], SPAN) == RACE
    assert instability([change("1.25", "1.2500000001")], SPAN) == RACE


def test_what_the_shim_did_not_reach_is_named_itself() -> None:
    dated, drawn = change(str(NOW), str(NOW + 3)), change("d3b07384d113ed", "0cc175b9c0f1b6")
    assert instability([dated], SPAN, {"clock"}) == "clock"
    assert instability([drawn], SPAN, {"random"}) == "random"
    assert instability([drawn], SPAN) == RACE


@pytest.mark.parametrize(
    ("written", "hints"),
    [
        (stamped(NOW + 48078188 + 9), [("clock",)]),
        (stamped(NOW + 48078188 + 11 * 3600 + 47 * 60), [("clock",), ("time-zone",)]),
        (stamped(NOW - 5), [(FILE_TIME,)]),
        (stamped(NOW - 5 + 11 * 3600 + 47 * 60), [(FILE_TIME,), ("time-zone",)]),
    ],
)
def test_a_time_tells_which_clock_wrote_it(written: str, hints: list[tuple[str, ...]]) -> None:
    assert suspects([change(stamped(NOW - 86400 * 30), written)], NOW) == hints


def test_words_in_reverse_speak_for_the_order_of_a_directory() -> None:
    (hint,) = suspects([change("b c a", "a c b")], NOW)
    assert hint[0] == "directory-order"
    (hint,) = suspects([change("b c a d", "a c d b")], NOW)
    assert hint[0] == "hash-seed"


def test_entries_in_another_order_speak_for_the_order_of_a_directory() -> None:
    moved = [change("a", "b", "member 1: name"), change("b", "c", "name"), change("c", "a", "name")]
    assert suspects(moved, NOW)[0][0] == "directory-order"


@pytest.mark.parametrize(
    ("first", "second", "named"),
    [
        (b"a b c d\n", b"c d b a\n", "hash-seed"),
        (b"a b c d\n", b"a d c b\n", "directory-order"),
        (b"of a\nof b\nof c\n", b"of c\nof b\nof a\n", "directory-order"),
        (b"a\nb\nc\nd\n", b"c\na\nd\nb\n", "schedule"),
        (b"a b\n", b"b\na\n", "directory-order"),
        (b"a b c d\n", b"c d\nb a\n", "hash-seed"),
        (b"2024 a\n2024 b\n2024 c\n", b"2025 b\n2025 a\n2025 c\n", "directory-order"),
        (b"x a\nx b\nx c\nx d\n", b"y b\ny d\ny a\ny c\n", "schedule"),
        (b"a b c\n", b"b\na\nc\n", "directory-order"),
    ],
)
def test_an_order_of_words_speaks_for_what_makes_it(
    first: bytes, second: bytes, named: str
) -> None:
    assert order_of(first, second)[0] == named


def test_the_same_words_in_the_same_order_and_other_words_speak_for_nothing() -> None:
    assert order_of(b"a b", b"a b") == order_of(b"a b", b"a c") == ()
    assert order_of(b"a  b", b"a b") == ()


def test_contents_of_the_same_words_are_shuffled() -> None:
    assert is_shuffled(b"[1, 2, 3]", b"[3,\n1, 2]")
    assert not is_shuffled(b"[1, 2, 3]", b"[1, 2, 4]")


def test_many_variables_in_one_file_are_a_dump_of_the_environment() -> None:
    lines = [change("TZ=", "TZ=HRN"), change("HOME=/a", "HOME=/b"), change("LANG=", "LANG=tr")]
    assert is_environment_dump(lines)
    assert not is_environment_dump(lines[:2])


@given(st.text(), st.text(), st.text())
def test_any_text_can_be_looked_at(first: str, second: str, field: str) -> None:
    one = change(first, second, field)
    assert len(suspects([one], NOW)) == len(set(suspects([one], NOW)))
    assert instability([one], SPAN) in {FILE_TIME, TEMPORARY_NAME, HOST_STATE, RACE}
