"""A factor is one row: with it in the table, everything knows it."""

import pytest

from harness.formats.change import At, Change, Kind, Step
from harness.verify.core.causes.plan import Outcome, Plan
from harness.verify.core.causes.search import Search
from harness.verify.core.factors import rows
from harness.verify.core.factors.conditions import Conditions, Reach, unreached
from harness.verify.core.factors.factor import Advice, Factor, Factors, Lever, Sign
from harness.verify.core.factors.setting import moving, pinned_but
from harness.verify.core.hints import is_environment_dump, suspects
from harness.verify.core.remedy import Seen, advice

_MOON = Factor(
    name="moon",
    what="the phase of the moon",
    lever=Lever.VARIABLES,
    misses="",
    advice=Advice(title="the moon is in the output", remedy="do not look up"),
    likely=0,
    telling=0,
    signs=((Sign.MODE, 1),),
    pinned=("env MOON=new",),
    moved=("env MOON=waxing-gibbous",),
    by_count=lambda cpus, *, moved: (f"moons {cpus}",) if moved else (),
    in_programs=True,
    reorders=True,
    shifts=True,
    side_by_side=True,
    has_effects=True,
    names_files=True,
)


@pytest.fixture(autouse=True)
def moon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "FACTORS", Factors(rows=(*rows.FACTORS, _MOON)))


def _change(first: str, second: str, kind: Kind = Kind.TEXT) -> Change:
    return Change(kind=kind, place=(Step(At.LINE, 1),), first=first, second=second)


def test_it_is_moved_and_pinned() -> None:
    assert "env MOON=waxing-gibbous\nmoons 2\n" in moving({"moon"}, cpus=2).shim
    assert "env MOON=new\n" in pinned_but((), {"moon"}, cpus=2).shim
    assert "env MOON=waxing-gibbous\n" in pinned_but({"moon"}, {"moon"}, cpus=2).shim


def test_it_is_suspected_by_its_signs_and_by_what_it_shows() -> None:
    assert suspects([_change("a", "b", Kind.MODE)], 0) == [("moon", "umask")]
    assert suspects([_change("new", "waxing-gibbous")], 0) == [("moon",)]
    lines = [_change("MOON=", "MOON=a"), _change("TZ=", "TZ=a"), _change("HOME=/a", "HOME=/b")]
    assert is_environment_dump(lines)
    assert not is_environment_dump(lines[1:])


def test_it_is_searched_for_before_what_is_less_likely() -> None:
    search = Search([("out", "a")], ("clock", "moon"), {}, ())
    steps = search.steps()
    plan, asked = next(steps), list[Plan]()
    while True:
        moved = "moon" in plan.moved
        try:
            plan = steps.send(Outcome(changed=frozenset([("out", "a")] if moved else [])))
        except StopIteration:
            break
        asked.append(plan)
    assert search.found.causes == {frozenset(["moon"]): {("out", "a")}}
    assert asked[1].moved == {"moon"}


def test_its_order_and_effects_are_those_of_its_row() -> None:
    known = rows.registered()
    assert known.telling[0] == known.likeliest[0] == "moon"
    assert "moon" in known.reordering & known.shifting & known.side_by_side & known.in_shim
    assert known["moon"] == _MOON


def test_its_remedy_is_told_and_its_variable_named() -> None:
    assert advice(["moon"]) == _MOON.advice
    shown = Seen(path="a", values=("new", "waxing-gibbous"))
    assert advice(["moon"], [shown]).title == "the value of MOON is in the output"
    names = Seen(path="a", values=("/build/tmp.0aB3dE6gHi", "/build/tmp.9zY3dE6gHi"))
    assert "temporary files" in advice(["moon"], [names]).title


def test_reports_tell_whether_it_was_moved_and_reached() -> None:
    moved = Conditions(nix="2.8", processor="x", cpus=2, moved=frozenset(["moon"]))
    assert moved.as_object()["moved"] == ["moon"]
    assert unreached(["moon"], Reach(beyond=("busybox",))).keys() == {"moon"}
