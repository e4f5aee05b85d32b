import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from harness.diff.core.report import SHOWN, Item, Level, Report, as_html, as_lines, as_object
from harness.render.opening import Made
from tests.pages import Read

_MANY = tuple(Item(subject=f"f{n}", field="content") for n in range(SHOWN + 2))
_REPORT = Report(
    first="a",
    second="b",
    levels=(
        Level(name="tree", summary="10 paths differ", items=_MANY),
        Level(
            name="file",
            summary="1 of 1",
            items=(Item(subject="x", field="line 1", first="", second="é" * 90, offset=4),),
        ),
    ),
    notes=("a note",),
)


def test_nothing_that_differs_is_said_in_words() -> None:
    same = Report(first="a", second="a")
    assert (as_lines(same), same.is_same, as_object(same)["exit-code"]) == (["the same"], True, 0)


def test_a_terminal_shows_the_beginning_of_each_level() -> None:
    lines = as_lines(_REPORT)
    assert lines[0] == "tree: 10 paths differ"
    assert lines[SHOWN + 1] == "  … and 2 more (--all)"
    assert lines[-2] == f"  x: line 1 at byte 4: (nothing) → {'é' * 70}…"
    assert lines[-1] == "a note"


def test_all_of_it_is_shown_when_asked_for() -> None:
    lines = as_lines(_REPORT, unfolded=True)
    assert f"  f{SHOWN + 1}: content" in lines
    assert lines[-2].endswith("é" * 90)


@given(st.text(), st.text())
def test_what_would_steer_a_terminal_is_replaced(subject: str, value: str) -> None:
    item = Item(subject=subject, field="f", first=value)
    lines = as_lines(
        Report(first="", second="", levels=(Level(name="l", summary="", items=(item,)),))
    )
    assert all(line.isprintable() for line in lines)


def test_scripts_get_all_of_it() -> None:
    found = json.loads(json.dumps(as_object(_REPORT)))
    assert (found["same"], found["exit-code"], found["notes"]) == (False, 1, ["a note"])
    assert len(found["levels"][0]["items"]) == SHOWN + 2
    assert found["levels"][1]["items"][0]["offset"] == 4


def test_a_page_holds_every_item() -> None:
    text = as_html(_REPORT).decode()
    assert f"f{SHOWN + 1}" in text
    assert "harness diff a and b: the same" in as_html(Report(first="a", second="b")).decode()


def test_the_first_screen_says_what_differs_where_to_begin_when_and_of_what() -> None:
    made = Made(at="2026-11-28 21:30 UTC", harness="0.1.0", commit="c0ffee")
    report = replace(_REPORT, first="serving@v1", second="serving")
    text = Read(as_html(report, made)).text
    first = text[: text.index(f"f{SHOWN + 1}")]
    level = report.levels[0]
    for said in (
        "different\n",
        f"{level.name}: {level.summary}\n",
        f"Begin with {level.name}",
        "2026-11-28 21:30 UTC",
        "c0ffee",
        "serving@v1\n",
    ):
        assert said in first, said


def lines_of(item: Item) -> list[str]:
    level = Level(name="l", summary="s", items=(item,))
    return as_lines(Report(first="", second="", levels=(level,)))


def test_long_values_are_shown_from_where_they_differ() -> None:
    script = "set -e; make all; " * 10
    item = Item(subject="a", field="f", first=f"{script}install", second=f"{script}remove")
    assert lines_of(item)[1] == "  a: f: … -e; make all; install → … -e; make all; remove"
    longer = Item(subject="a", field="f", first=script, second=f"{script}remove")
    assert lines_of(longer)[1].endswith("make all;  → … -e; make all; remove")


def test_what_leads_to_a_difference_is_shown_if_something_does() -> None:
    assert lines_of(Item(subject="a", field="f", via="top → a"))[1] == "  a: f (by top → a)"
    assert lines_of(Item(subject="a", field="f", via="a"))[1] == "  a: f"
    way = f"top → {'b' * 70} → a"
    assert lines_of(Item(subject="a", field="f", via=way))[1:] == ["  a: f", f"    (by {way})"]


def test_what_one_side_lacks_is_shown_without_an_arrow() -> None:
    item = Item(subject="package click", field="added", second="8.3.1")
    level = Level(name="lock", summary="1 added", items=(item,))
    assert as_lines(Report(first="a", second="b", levels=(level,)))[1].endswith("added: 8.3.1")


def test_names_that_look_alike_have_their_code_points_beside_them() -> None:
    item = Item(subject="café", field="renamed", first="café", second="cafe\u0301")
    report = Report(first="", second="", levels=(Level(name="t", summary="", items=(item,)),))
    assert "café (U+00E9) → cafe\u0301 (U+0301)" in as_lines(report)[1]
    assert "(U+0301)" in as_html(report).decode()
    assert "(U+" not in json.dumps(as_object(report))
