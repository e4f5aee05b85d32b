from dataclasses import replace

from harness.govern.core.assessment import UNWANTED, Assessment
from harness.govern.core.opening import opening
from harness.render.html import page
from harness.render.opening import Made
from harness.verdict import Judgement, Verdict
from harness.verify.core.benign import Expected
from harness.verify.core.factors.rows import registered
from tests.govern.core.samples import QUORUM, known
from tests.govern.core.test_page import DIFFERENT, SAME
from tests.pages import Read

MADE = Made(at="2026-11-28 21:30 UTC", harness="0.1.0", commit="c0ffee")
DATED = replace(SAME, verified_at="2026-11-28T21:29:00+00:00")


def told(*assessments: Assessment) -> str:
    first = opening(assessments, MADE)
    return Read(page(first.title, first.drawn())).text


def test_same_tells_how_many_outputs_and_how_many_factors_were_moved() -> None:
    found = known(DATED)
    text = told(found)
    assert found.verification
    moved = len(found.verification.conditions.moved)
    assert f"serving: 1 SAME; {moved} of {len(registered().names)} factors were moved\n" in text
    assert "Nothing.\n" in text
    assert "2026-11-28 21:29 UTC\n" in text
    assert SAME.derivation in text


def test_what_was_not_rebuilt_is_told_as_that() -> None:
    assert "serving: 1 SAME; nothing was rebuilt\n" in told(known(SAME))


def test_each_remedy_is_told_once() -> None:
    text = told(known(DIFFERENT, DIFFERENT))
    assert text.count("Leave it out.\n") == 1
    assert "tool: the time\n" in text


def test_a_verdict_without_causes_has_a_remedy_all_the_same() -> None:
    failed = replace(SAME, verdict=Verdict.BUILD_FAILED, reason="no log")
    assert "base: no log\n" in told(known(failed))
    assert "Repair the build" in told(known(failed))


def test_declared_differences_are_told() -> None:
    waived = replace(
        known(DIFFERENT), waivers=Expected(found={}, covered=frozenset({DIFFERENT.path}))
    )
    said = "serving: all that differs in 1 output is declared in "
    assert f"{said}a trust file.\n" in told(waived)
    assert f"{said}env.toml.\n" in told(replace(waived, declared_in="env.toml"))


def test_the_gravest_comparison_with_production_has_a_verdict_of_its_own() -> None:
    text = told(known(SAME, judgement=Judgement.PASS), known(SAME, judgement=Judgement.FAIL))
    assert "against production: FAIL\n" in text
    assert "against production: PASS\n" not in text
    unwanted = replace(known(SAME), comparison=UNWANTED)
    assert "against production: not compared\n" in told(unwanted)


def test_statements_alone_say_why() -> None:
    text = told(Assessment(name="serving", statements=QUORUM))
    assert "ann  says nothing\n" in text
    assert "nothing was rebuilt\n" in text


def test_of_nothing_nothing_is_told() -> None:
    assert "harness verify nothing: INCONCLUSIVE" in told()
