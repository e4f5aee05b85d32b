from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from harness.govern.core.assessment import UNWANTED, Assessment
from harness.govern.core.sarif import as_sarif
from harness.verdict import Judgement, Verdict
from harness.verify.core.benign import Benign, Expected
from tests.attest.core.samples import DIFFERENT, TOOL, TREE, result
from tests.govern.core.samples import QUORUM, found, known
from tests.render.test_junit import RAN
from tests.render.test_sarif import read


def _run(*assessments: Assessment) -> dict[str, Any]:
    return read(as_sarif(assessments, RAN, "0.1.0"))


def test_a_cause_is_a_rule_and_an_output_that_differs_a_result() -> None:
    run = _run(replace(known(result(TOOL), DIFFERENT), declared_in="envs/serving/env.toml"))
    (rule,) = run["tool"]["driver"]["rules"]
    assert (rule["id"], rule["help"]["text"]) == ("clock", "omit")
    (told,) = run["results"]
    assert told["message"]["text"] == "DIFFERENT tree: the time (1 file); remedy: omit"
    assert told["partialFingerprints"] == {"harness/v1": "serving/tree/clock"}
    (where,) = told["locations"]
    assert where["physicalLocation"]["artifactLocation"]["uri"] == "envs/serving/env.toml"
    assert where["logicalLocations"] == [{"fullyQualifiedName": f"{TREE}/id"}]
    assert run["invocations"][0]["exitCode"] == 1


def test_a_cause_without_evidence_is_in_the_output() -> None:
    (cause,) = DIFFERENT.causes
    (told,) = _run(known(replace(DIFFERENT, causes=(replace(cause, evidence=()),))))["results"]
    assert told["locations"][0]["logicalLocations"] == [{"fullyQualifiedName": TREE}]


def test_what_is_the_same_is_no_result() -> None:
    assert _run(found(Verdict.SAME))["results"] == []


def test_a_difference_without_a_cause_is_told_as_unexplained() -> None:
    (told,) = _run(known(replace(DIFFERENT, causes=())))["results"]
    assert (told["ruleId"], told["kind"]) == ("unexplained", "fail")


@pytest.mark.parametrize(
    ("verdict", "rule", "kind"),
    [
        (Verdict.CORRUPT, "corrupt", "fail"),
        (Verdict.FAILS_REBUILT, "fails-when-rebuilt", "fail"),
        (Verdict.INCONCLUSIVE, "inconclusive", "open"),
    ],
)
def test_a_verdict_that_has_no_causes_is_a_rule_itself(
    verdict: Verdict, rule: str, kind: str
) -> None:
    (told,) = _run(found(verdict))["results"]
    assert (told["ruleId"], told["kind"]) == (rule, kind)


def test_a_waived_difference_is_suppressed_with_the_reason() -> None:
    one = Benign(path="id", field="line 1", reason="known", expires=date.max)
    other = replace(one, path="x", reason="of another output")
    waivers = Expected(found={one: (TREE,), other: (TOOL,)}, covered=frozenset({TREE}))
    (told,) = _run(replace(known(DIFFERENT), waivers=waivers))["results"]
    assert told["suppressions"][0]["justification"] == "known"


@pytest.mark.parametrize(
    ("judgement", "kind"),
    [
        (Judgement.PASS, "pass"),
        (Judgement.FAIL, "fail"),
        (Judgement.INCONCLUSIVE, "open"),
        (Judgement.INVALID, "fail"),
    ],
)
def test_production_is_a_rule(judgement: Judgement, kind: str) -> None:
    (told,) = _run(known(judgement=judgement))["results"]
    assert (told["ruleId"], told["kind"]) == ("against-production", kind)


def test_a_comparison_that_was_not_wanted_does_not_apply() -> None:
    (told,) = _run(Assessment(name="serving", comparison=UNWANTED))["results"]
    assert told["kind"] == "notApplicable"


def test_what_builders_say_is_a_result() -> None:
    (told,) = _run(Assessment(name="serving", statements=QUORUM))["results"]
    assert (told["ruleId"], told["kind"]) == ("statements", "open")
