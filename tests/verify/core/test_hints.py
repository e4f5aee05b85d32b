from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.formats.change import At, Change, Kind, Step, Value
from harness.verify.core.factors.setting import FILLER, OWN
from harness.verify.core.hints import (
    FILE_TIME,
    HOST_STATE,
    is_environment_dump,
    is_order_only,
    is_own,
    is_reading,
    is_reordered,
    is_shuffled,
    is_vague,
    order_of,
    steady,
    suspects,
)

NOW = 1_795_000_000


_LINE = Step(At.LINE, 1)
_MEMBER = Step(At.MEMBER, "a")
_FLOAT = Step(At.NAME, "float"), Step(At.OFFSET, "0x10"), Step(At.ULP, 1)


def change(first: Value, second: Value, *place: Step, kind: Kind = Kind.TEXT) -> Change:
    return Change(kind=kind, place=place or (_LINE,), first=first, second=second)


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
        (change(1700000000, 1700048078, Step(At.FIELD, "x"), kind=Kind.FILE_TIME), "clock"),
        (change("5000.25", "91461.5"), "monotonic"),
        (change(0o644, 0o600, _MEMBER, kind=Kind.MODE), "umask"),
        (change("<object at 0x7ffff7>", "<object at 0x7f2b31>"), "address-layout"),
        (change("10 12 c0 1c f7 ff ff 7f 00 00", "20"), "address-layout"),
        (change("c b a", "a b c"), "hash-seed"),
        (change("b", "a", kind=Kind.SET), "directory-order"),
        (change("d3b07384d113edec", "0cc175b9c0f1b6a8"), "random"),
        (change("a/tmpab12cd", "a/tmpzz99yy"), "random"),
        (change("2", "5"), "cores"),
        (change("0.5403023058681398", "0.5403023058681399"), "instruction-set"),
        (change(1.5, 1.6, *_FLOAT, kind=Kind.ROUNDING), "threads"),
    ],
)
def test_a_change_speaks_for_a_factor(one: Change, named: str) -> None:
    assert named in {name for hint in suspects([one], NOW) for name in hint}


def test_a_change_that_says_nothing_speaks_for_no_factor() -> None:
    assert suspects([change("alpha", "omega")], NOW) == []


def test_lines_in_another_order_speak_for_all_that_orders() -> None:
    moved = [
        change("a\nb", ""),
        change("", "b", Step(At.LINE, 4)),
        change("", "a", Step(At.LINE, 9)),
    ]
    assert is_reordered(moved)
    assert suspects(moved, NOW)[0][0] == "schedule"
    assert not is_reordered([change("a", "b")])


def test_pointers_that_read_as_floats_speak_for_the_layout_alone() -> None:
    tiny = change(5.3e-317, 5.4e-317, *_FLOAT, kind=Kind.ROUNDING)
    pointer = change("c0 1c 7f f7 ff 7f 00 00", "c0 1c 12 34 56 7f 00 00", kind=Kind.BYTES)
    rounded = change(1.5, 1.6, *_FLOAT, kind=Kind.ROUNDING)
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
    one, other = (
        (Step(At.START, start), Step(At.UNTIL, end))
        for start, end in (("0x10", "0x18"), ("0x20", "0x21"))
    )
    inside = (_MEMBER, Step(At.INSIDE, "binary"))
    assert steady((*inside, *one)) == steady((*inside, *other))
    assert steady(one) != steady(other)
    assert steady(_FLOAT) == steady((*_FLOAT[:2], Step(At.ULP, 12)))


def test_modes_in_a_directory_of_a_zip_are_no_addresses() -> None:
    modes = "0x81a40000 (mode 0100644)", "0x81800000 (mode 0100600)"
    assert suspects([change(*modes, _MEMBER, kind=Kind.MODE)], NOW) == [("umask",)]


def test_a_moved_time_of_a_member_is_rather_the_file_s() -> None:
    moved = change(stamped(NOW), stamped(NOW + 48078188), _MEMBER, kind=Kind.FILE_TIME)
    assert suspects([moved], NOW) == [(FILE_TIME, "clock")]
    assert suspects([change(5, 6, _MEMBER, kind=Kind.FILE_TIME)], NOW) == [(FILE_TIME, "clock")]


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
    moved = [change("a", "b", _MEMBER), change("b", "c"), change("c", "a")]
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


def test_the_names_that_a_file_has_itself_tell_what_its_values_are() -> None:
    named = [(name, Step(At.KEY, name)) for name in ("st_mtime", "timestamp", "mode", "order")]
    found = {name: suspects([change("a", "b", key)], NOW) for name, key in named}
    assert found == {
        "st_mtime": [(FILE_TIME, "clock")],
        "timestamp": [("clock", FILE_TIME)],
        "mode": [("umask",)],
        "order": [],
    }


def test_the_kind_of_a_value_tells_whatever_its_field_is_called() -> None:
    found = {kind: suspects([change("a", "b", kind=kind)], NOW) for kind in Kind}
    assert {kind: hints[0][0] for kind, hints in found.items() if hints} == {
        Kind.TIME: "clock",
        Kind.FILE_TIME: FILE_TIME,
        Kind.MODE: "umask",
        Kind.INODE: HOST_STATE,
        Kind.ORDER: "directory-order",
        Kind.LISTING: "directory-order",
        Kind.SET: "hash-seed",
        Kind.ROUNDING: "instruction-set",
    }


def test_a_word_that_a_lever_happens_to_use_speaks_for_nothing() -> None:
    assert suspects([change("x = b", "x = default")], NOW) == []


@pytest.mark.parametrize("name", OWN)
def test_what_harness_itself_brings_is_no_evidence(name: str) -> None:
    assert is_own(change("libc.so.6", f"libc.so.6\n{name} (0x7f)"))
    assert not is_own(change("libc.so.6", f"libm.so.6\n{name} (0x7f)"))


def test_the_room_that_is_filled_in_the_environment_is_our_own_doing() -> None:
    assert is_own(change("-" * 20, f"{'-' * 12}[... 300 more ...]{'-' * 30}"))
    assert is_own(change(f"{FILLER}=--", f"{FILLER}=-"))
    assert is_own(change("1", "2", Step(At.KEY, FILLER)))
    assert not is_own(change(f"TZ=a\n{FILLER}=--", f"TZ=b\n{FILLER}=-"))
    assert not is_own(change("-" * 20000 + "x", "-" * 20000))
    assert not is_own(change("--release", "--debug"))


_VALUES = st.text() | st.integers() | st.floats()
_STEPS = st.builds(Step, st.sampled_from(At), st.text() | st.integers())


@given(_VALUES, _VALUES, st.lists(_STEPS), st.sampled_from(Kind))
def test_any_change_can_be_looked_at(
    first: Value, second: Value, place: list[Step], kind: Kind
) -> None:
    one = change(first, second, *place, kind=kind)
    assert len(suspects([one], NOW)) == len(set(suspects([one], NOW)))
    assert is_vague([one], NOW) in {True, False}
