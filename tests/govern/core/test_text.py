from dataclasses import replace

import pytest

from harness.govern.core.assessment import UNWANTED, Assessment
from harness.govern.core.detail import Detail
from harness.govern.core.text import comparison_lines, statement_lines, verification_lines
from harness.verdict import Judgement, Verdict
from tests.attest.core.samples import CONDITIONS, DIFFERENT, TOOL, result, verification
from tests.govern.core.samples import QUORUM, found, known

_WHEN = "2026-11-23T07:54:34+00:00"


def test_a_page_shows_the_exceptions_the_tally_and_the_conditions() -> None:
    lines = list(verification_lines(known(result(TOOL, remembered=True), DIFFERENT)))
    assert lines[0] == "DIFFERENT     tree"
    assert "serving: DIFFERENT (1 DIFFERENT, 1 SAME)" in lines
    assert f"  verified on {_WHEN} (1 remembered, their contents rehashed now)" in lines
    assert any(line.startswith("  under ") for line in lines)
    assert "  not exercised: cpus (not asked for)" in lines
    assert "  not exercised in tree: 1 factors, for the builder is static" in lines


def test_what_is_the_same_is_listed_only_if_all_is_wanted() -> None:
    assert "SAME          tool" not in list(verification_lines(found(Verdict.SAME)))
    verbose = list(verification_lines(found(Verdict.SAME), Detail(verbose=True)))
    assert verbose[0] == "SAME          tool"


@pytest.mark.parametrize(("detail", "shown"), [(Detail(), 8), (Detail(explain=True), 9)])
def test_many_exceptions_are_counted_unless_all_evidence_is_wanted(
    detail: Detail, shown: int
) -> None:
    lines = list(verification_lines(known(*[DIFFERENT] * 9), detail))
    assert lines.count("DIFFERENT     tree") == shown
    assert ("… and 1 more outputs (--explain shows all)" in lines) is (shown == 8)


def test_of_what_was_never_rebuilt_no_condition_is_claimed() -> None:
    lines = list(verification_lines(known(result(TOOL, Verdict.BUILD_FAILED, verified_at=""))))
    assert lines[-1] == "  nothing was rebuilt"


def test_factors_that_were_not_wanted_are_no_gap_of_a_plain_rebuild() -> None:
    plain = replace(verification(result(TOOL)), conditions=replace(CONDITIONS, moved=frozenset()))
    lines = verification_lines(Assessment(name="serving", verification=plain))
    assert not [line for line in lines if "not exercised" in line]


def test_a_comparison_says_where_its_run_is() -> None:
    lines = list(comparison_lines(known(judgement=Judgement.FAIL)))
    assert lines == ["serving against production: FAIL", "    why", "  run: /runs/1"]


def test_a_comparison_that_was_not_wanted_is_told() -> None:
    lines = list(comparison_lines(Assessment(name="serving", comparison=UNWANTED)))
    assert lines[1:] == ["  not compared with production: --no-shadow"]


def test_nothing_is_said_of_what_is_not_known() -> None:
    nothing = Assessment(name="serving")
    said = (verification_lines(nothing), comparison_lines(nothing), statement_lines([nothing]))
    assert [list(lines) for lines in said] == [[], [], []]


def test_what_builders_say_is_told() -> None:
    (_, last) = statement_lines([Assessment(name="serving", statements=QUORUM)])
    assert last.startswith("serving: INCONCLUSIVE")
