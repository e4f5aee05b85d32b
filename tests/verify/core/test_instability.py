"""Kinds of what varies by itself: a race and real time are said only where the bytes prove them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.formats.change import At, Change, Kind, Step, Value
from harness.verify.core.hints import FILE_TIME, HOST_STATE, RACE, TEMPORARY_NAME
from harness.verify.core.instability import DIGEST, REAL_TIME, UNSTABLE, Span, instabilities

NOW = 1_795_000_000
SPAN = Span(first=NOW, second=NOW + 3)
_SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_OTHER = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"


_LINE = Step(At.LINE, 1)


def change(first: Value, second: Value, *place: Step, kind: Kind = Kind.TEXT) -> Change:
    return Change(kind=kind, place=place or (_LINE,), first=first, second=second)


def key(name: str) -> Step:
    return Step(At.KEY, name)


def stamped(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat()


@pytest.mark.parametrize(
    ("one", "kind"),
    [
        (change(5, 6, kind=Kind.FILE_TIME), FILE_TIME),
        (change("2024-01-01", "2024-01-02", kind=Kind.FILE_TIME), FILE_TIME),
        (change(str(NOW + 1), str(NOW + 4)), REAL_TIME),
        (change(stamped(NOW + 1), stamped(NOW + 3)), REAL_TIME),
        (change(stamped(NOW + 1)[11:19], stamped(NOW + 3)[11:19]), REAL_TIME),
        (change("/build/tmp.Ab12", "/build/tmp.Cd34"), TEMPORARY_NAME),
        (change("/build/tmp.Ab12 1", "/build/tmp.Ab12 2"), UNSTABLE),
        (change("cd ./scratch.aB3dE6gH", "cd ./scratch.Zz9yX8wV"), TEMPORARY_NAME),
        (change("cd ./scratch.aB3dE6gH", "cd ./other.Zz9yX8wV"), UNSTABLE),
        (change("MemFree: 100 kB", "MemFree: 90 kB"), HOST_STATE),
        (change("409600", "819200"), HOST_STATE),
        (change("81234.25", "81237.5"), HOST_STATE),
        (change("81234.25", "5123.5"), UNSTABLE),
        (change("0.25", "0.27", key("fit_seconds")), "monotonic"),
        (change("0.25", "0.27", key("load1")), HOST_STATE),
        (change("15234", "15102", key("score")), UNSTABLE),
        (change("took 12", "took 15"), "monotonic"),
        (change("1", "2"), UNSTABLE),
        (change("1.25", "1.2500000001"), UNSTABLE),
        (change("b a", "a b"), RACE),
        (change("left", "right"), UNSTABLE),
        (change(_SHA, _OTHER), DIGEST),
        (change("17", "18", Step(At.RECORD, "a.py"), Step(At.FIELD, "size")), DIGEST),
        (change("17", "18", kind=Kind.DIGEST), DIGEST),
        (change(17, 18, kind=Kind.INODE), HOST_STATE),
        (change("17", "18", Step(At.FIELD, "size")), UNSTABLE),
        (change(f"sha256={_SHA[:43]}", f"sha256={_OTHER[:43]}"), DIGEST),
    ],
)
def test_what_varies_by_itself_has_a_kind(one: Change, kind: str) -> None:
    assert instabilities([one], SPAN) == (kind,)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("6.31 5.20 4.10 3/812 29387", HOST_STATE),
        ("load averages: 6.31 5.20 4.10", HOST_STATE),
        ("voluntary_ctxt_switches:\t6.31", HOST_STATE),
        ("VmHWM: 6.31", HOST_STATE),
        ("it took 6.31", "monotonic"),
        ("6.31 5.20 4.10", UNSTABLE),
        ("score 6.31", UNSTABLE),
    ],
)
def test_the_line_around_a_number_tells_what_it_is(line: str, kind: str) -> None:
    one = change("6.31", "6.52", Step(At.LINE, 2), Step(At.WORD, 1))
    assert instabilities([one], SPAN, lines=["", line]) == (kind,)
    assert instabilities([one], SPAN, lines=[""]) == (UNSTABLE,)


def test_what_the_shim_did_not_reach_is_named_itself() -> None:
    drawn = change("d3b07384d113ed", "0cc175b9c0f1b6")
    assert instabilities([drawn], SPAN, {"random"}) == ("random",)
    assert instabilities([drawn], SPAN) == (UNSTABLE,)


def test_a_file_has_all_kinds_that_its_fields_prove_and_what_proves_nothing_comes_last() -> None:
    mixed = [change("left", "right"), change(str(NOW), str(NOW + 3)), change("b a", "a b")]
    assert instabilities(mixed[:2], SPAN) == (REAL_TIME, UNSTABLE)
    assert instabilities(mixed, SPAN) == (RACE, REAL_TIME)


def test_items_of_one_list_in_other_places_race_beside_what_else_varies() -> None:
    items = [
        change("a", "b", key("done"), Step(At.INDEX, 0)),
        change("b", "a", key("done"), Step(At.INDEX, 1)),
    ]
    assert instabilities(items, SPAN) == (RACE,)
    assert instabilities([*items, change("x", "y", key("mtime"))], SPAN) == (RACE, FILE_TIME)


def test_small_numbers_among_readings_of_the_host_are_readings_too() -> None:
    readings = [change("MemFree: 100 kB", "MemFree: 90 kB"), change("4", "8")]
    assert instabilities(readings, SPAN) == (HOST_STATE,)
    aligned = change("'      '", "'     '")
    assert instabilities([*readings, aligned], SPAN) == (HOST_STATE,)
    assert instabilities([*readings, change("left", "right")], SPAN) == (UNSTABLE, HOST_STATE)


def test_known_to_be_in_another_order_it_races_whatever_its_lines_look_like() -> None:
    assert instabilities([change("part 3000", "part 4000")], SPAN, ordered=True) == (RACE,)


def test_nothing_to_be_seen_is_not_stable_and_no_more() -> None:
    assert instabilities([change("same", "same")], SPAN) == instabilities([], SPAN) == (UNSTABLE,)


_VALUES = st.text() | st.integers() | st.floats()
_STEPS = st.builds(Step, st.sampled_from(At), st.text() | st.integers())


@given(_VALUES, _VALUES, st.lists(_STEPS), st.sampled_from(Kind))
def test_any_change_can_be_looked_at(
    first: Value, second: Value, place: list[Step], kind: Kind
) -> None:
    one = Change(kind=kind, place=tuple(place), first=first, second=second)
    assert instabilities([one], SPAN)
