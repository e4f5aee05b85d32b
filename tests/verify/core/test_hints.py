from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.formats.change import At, Change, Kind
from harness.formats.change import field as place
from harness.verify.core.factor import FILLER, OWN
from harness.verify.core.hints import (
    FILE_TIME,
    is_environment_dump,
    is_order_only,
    is_own,
    is_reading,
    is_reordered,
    is_shuffled,
    is_vague,
    order_of,
    steady_name,
    suspects,
)

NOW = 1_795_000_000


def change(first: str, second: str, field: str = "line 1") -> Change:
    return Change(kind=Kind.TEXT, place=place(field, At.PART), first=first, second=second)


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


def test_a_reading_is_a_number_that_is_no_time() -> None:
    assert is_reading(change("free 123456", "free 123400"))
    assert not is_reading(change(f"at {NOW}", f"at {NOW + 3}"))
    assert not is_reading(change("part 3", "piece 3"))


def test_numbers_that_no_factor_is_known_to_set_may_be_measured() -> None:
    assert is_vague([change("0.25", "0.26")], NOW)
    assert not is_vague([change("2", "3"), change("alpha", "omega")], NOW)
    assert not is_vague([change(stamped(NOW), stamped(NOW + 48078188))], NOW)


def test_names_of_bytes_are_the_same_wherever_they_differ() -> None:
    one, other = "member a: bytes 0x10 to 0x18", "member a: bytes 0x20 to 0x21"
    assert steady_name(one) == steady_name(other)
    assert steady_name("bytes 0x10 to 0x18") != steady_name("bytes 0x20 to 0x21")
    floats = ("m: float64 at 0x8 differs by 3 ULP", "m: float64 at 0x8 differs by 12 ULP")
    assert len({steady_name(name) for name in floats}) == 1


def test_modes_in_a_directory_of_a_zip_are_no_addresses() -> None:
    modes = "0x81a40000 (mode 0100644)", "0x81800000 (mode 0100600)"
    assert suspects([change(*modes, "member a: external attributes")], NOW) == [("umask",)]


def test_a_moved_time_of_a_member_is_rather_the_file_s() -> None:
    moved = change(stamped(NOW), stamped(NOW + 48078188), "member a: modification time")
    assert suspects([moved], NOW) == [(FILE_TIME, "clock")]
    assert suspects([change("5", "6", "member a: mtime")], NOW) == [(FILE_TIME, "clock")]


@pytest.mark.parametrize(
    ("written", "hints"),
    [
        (stamped(NOW + 48078188 + 9), [("clock", FILE_TIME)]),
        (stamped(NOW + 48078188 + 11 * 3600 + 47 * 60), [("clock", FILE_TIME), ("time-zone",)]),
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


def test_texts_around_the_same_numbers_are_no_rounding() -> None:
    assert suspects([change("left 3", "right 3")], NOW) == []


def test_numbers_that_happen_to_come_again_elsewhere_are_no_order() -> None:
    assert not is_order_only(b"a 8.1 b 8.2 c 8.3", b"a 8.2 b 8.1 c 8.4")
    assert is_order_only(b"3 1 2", b"1 2 3")
    assert is_order_only(b"x a\nb\nc\nd", b"y b\na\nc\nd")
    assert not is_order_only(b"a b", b"a c")


def test_contents_of_the_same_words_are_shuffled() -> None:
    assert is_shuffled(b"[1, 2, 3]", b"[3,\n1, 2]")
    assert not is_shuffled(b"[1, 2, 3]", b"[1, 2, 4]")


def test_many_variables_in_one_file_are_a_dump_of_the_environment() -> None:
    lines = [change("TZ=", "TZ=HRN"), change("HOME=/a", "HOME=/b"), change("LANG=", "LANG=tr")]
    assert is_environment_dump(lines)
    assert not is_environment_dump(lines[:2])
    values = [change("UTC0", "HRN-11:47"), change("a", "/harness-was-here"), change("0", "4242")]
    assert is_environment_dump(values)
    assert not is_environment_dump([change("a", "/harness-was-here"), change("b", "harnessed")])


def test_a_word_that_a_lever_happens_to_use_speaks_for_nothing() -> None:
    assert suspects([change("x = b", "x = default")], NOW) == []


@pytest.mark.parametrize("name", OWN)
def test_what_harness_itself_brings_is_no_evidence(name: str) -> None:
    assert is_own(change("libc.so.6", f"libc.so.6\n{name} (0x7f)"))
    assert not is_own(change("libc.so.6", f"libm.so.6\n{name} (0x7f)"))


def test_the_room_that_is_filled_in_the_environment_is_our_own_doing() -> None:
    assert is_own(change("-" * 20, f"{'-' * 12}[... 300 more ...]{'-' * 30}"))
    assert is_own(change(f"{FILLER}=--", f"{FILLER}=-"))
    assert is_own(change("1", "2", f"$.{FILLER}"))
    assert not is_own(change(f"TZ=a\n{FILLER}=--", f"TZ=b\n{FILLER}=-"))
    assert not is_own(change("-" * 20000 + "x", "-" * 20000))
    assert not is_own(change("--release", "--debug"))


@given(st.text(), st.text(), st.text())
def test_any_text_can_be_looked_at(first: str, second: str, field: str) -> None:
    one = change(first, second, field)
    assert len(suspects([one], NOW)) == len(set(suspects([one], NOW)))
    assert is_vague([one], NOW) in {True, False}
