import json
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from harness.formats.change import field
from harness.render.junit import Suite, written
from harness.verdict import Verdict
from harness.verify.core.causes.cause import Cause, Evidence
from harness.verify.core.factors.conditions import Conditions
from harness.verify.core.report import (
    as_object,
    cases,
    counts,
    details,
    name_of,
    network,
    scope,
    summary,
    tally,
    told_once,
)
from harness.verify.core.verdict import (
    Divergence,
    FileDifference,
    OutputResult,
    Verification,
)
from tests.render.test_junit import RAN

_CONDITIONS = Conditions(nix="2.8.0", processor="EPYC", cpus=2)
_WHEN = "2026-11-23T07:54:34+00:00"


def _result(name: str, verdict: Verdict, **facts: Any) -> OutputResult:
    return OutputResult(
        **{
            "derivation": f"/nix/store/{'0' * 32}-{name}.drv",
            "output": "out",
            "path": f"/nix/store/{'1' * 32}-{name}",
            "verdict": verdict,
            "verified_at": _WHEN,
        }
        | facts
    )


_SAME = _result("numpy-2.4.6", Verdict.SAME, remembered=True)
_DIFFERENT = _result(
    "multi-1",
    Verdict.DIFFERENT,
    output="doc",
    differences=(
        FileDifference(
            path="id", kind="content", at=Divergence(offset=7, first=b"a\0", rebuilt=b"")
        ),
        FileDifference(path="gone", kind="only in the first"),
    ),
    trees=("/nix/store/first", "/kept/rebuilt"),
    networked=("/nix/store/0-b-1.tar.gz.drv",),
    causes=(
        Cause(
            factor="clock",
            title="the time of day",
            remedy="leave it out",
            files=2,
            evidence=(
                Evidence(
                    output="doc",
                    path="id",
                    place=field("line 1"),
                    first="a\nb",
                    second="",
                    offset=7,
                ),
                Evidence(
                    output="doc", path="gone", place=field("presence"), first="yes", second="no"
                ),
            ),
        ),
    ),
    unexplained=("doc:odd",),
    rebuilds=5,
)
_UNKNOWN = _result("odd-1", Verdict.INCONCLUSIVE, reason="not in the store", verified_at="")


def _verification(*results: OutputResult) -> Verification:
    return Verification(environment="serving", conditions=_CONDITIONS, jobs=2, results=results)


def test_an_output_is_called_as_a_person_would() -> None:
    assert name_of(_SAME) == "numpy-2.4.6"
    assert name_of(_DIFFERENT) == "multi-1.doc"


def test_verdicts_that_do_not_occur_are_not_counted() -> None:
    assert counts([_SAME, _SAME, _DIFFERENT]) == {"SAME": 2, "DIFFERENT": 1}


def test_a_tally_begins_with_the_gravest() -> None:
    assert tally([_SAME, _SAME, _UNKNOWN, _DIFFERENT]) == "1 DIFFERENT, 1 INCONCLUSIVE, 2 SAME"
    assert tally([]) == "no outputs"


def test_details_say_where_and_with_which_bytes() -> None:
    assert details(_DIFFERENT).splitlines() == [
        "the time of day (2 files); remedy: leave it out",
        "  id: line 1 at byte 7: a⏎b ≠ (nothing)",
        "  gone: presence: yes ≠ no",
        "not explained: doc:odd",
        "id: content, from byte 7",
        "    first   61 00",
        "    rebuilt the end",
        "gone: only in the first",
        "after 5 rebuilds",
        "first:   /nix/store/first",
        "rebuilt: /kept/rebuilt",
    ]
    assert details(_UNKNOWN) == "not in the store"
    assert details(_SAME) == ""


def test_a_summary_has_each_cause_with_one_piece_of_evidence() -> None:
    assert summary(_DIFFERENT).splitlines() == [
        "the time of day (2 files)",
        "  id: line 1 at byte 7: a⏎b ≠ (nothing)",
        "  remedy: leave it out",
        "not explained: doc:odd",
    ]
    causes = tuple(replace(_DIFFERENT.causes[0], title=f"the {n}th") for n in range(5))
    many = replace(_DIFFERENT, causes=causes, unexplained=("x",) * 5)
    assert summary(many).splitlines()[-2:] == [
        "… and 2 more causes",
        "not explained: x, x, x and 2 more",
    ]
    assert summary(_UNKNOWN) == "not in the store"
    bare = replace(
        _DIFFERENT.causes[0], evidence=(replace(_DIFFERENT.causes[0].evidence[0], first="y" * 99),)
    )
    assert f"{'y' * 60}…" in summary(replace(_DIFFERENT, causes=(bare,)))


def test_causes_that_are_told_in_the_same_words_are_told_once() -> None:
    (cause,) = _DIFFERENT.causes
    dump = tuple(replace(cause, factor=name, files=1) for name in ("home", "locale", "home"))
    (told,) = told_once(dump)
    assert (told.factor, told.files, len(told.evidence)) == ("home, locale", 1, 6)
    assert summary(replace(_DIFFERENT, causes=dump)).count("remedy") == 1


def test_the_object_holds_the_whole_report() -> None:
    assert as_object(_verification(_SAME, _DIFFERENT)) == {
        "environment": "serving",
        "verdict": "DIFFERENT",
        "exit-code": 1,
        "conditions": dict(_CONDITIONS.as_object()),
        "jobs": 2,
        "counts": {"SAME": 1, "DIFFERENT": 1},
        "outputs": [
            {
                "name": "numpy-2.4.6",
                "derivation": _SAME.derivation,
                "output": "out",
                "path": _SAME.path,
                "verdict": "SAME",
                "reason": "",
                "verified-at": _WHEN,
                "remembered": True,
                "nar-hash": None,
                "not-exercised": {},
                "networked-inputs": [],
                "causes": [],
                "unexplained": [],
                "rebuilds": 0,
                "differences": [],
                "trees": None,
            },
            {
                "name": "multi-1.doc",
                "derivation": _DIFFERENT.derivation,
                "output": "doc",
                "path": _DIFFERENT.path,
                "verdict": "DIFFERENT",
                "reason": "",
                "verified-at": _WHEN,
                "remembered": False,
                "nar-hash": None,
                "not-exercised": {},
                "networked-inputs": ["/nix/store/0-b-1.tar.gz.drv"],
                "causes": [
                    {
                        "factor": "clock",
                        "title": "the time of day",
                        "remedy": "leave it out",
                        "files": 2,
                        "evidence": [
                            {
                                "output": "doc",
                                "path": "id",
                                "field": "line 1",
                                "first": "a\nb",
                                "second": "",
                                "offset": 7,
                            },
                            {
                                "output": "doc",
                                "path": "gone",
                                "field": "presence",
                                "first": "yes",
                                "second": "no",
                                "offset": None,
                            },
                        ],
                    }
                ],
                "unexplained": ["doc:odd"],
                "rebuilds": 5,
                "differences": [
                    {
                        "path": "id",
                        "kind": "content",
                        "offset": 7,
                        "first": "6100",
                        "rebuilt": "",
                    },
                    {
                        "path": "gone",
                        "kind": "only in the first",
                        "offset": None,
                        "first": None,
                        "rebuilt": None,
                    },
                ],
                "trees": ["/nix/store/first", "/kept/rebuilt"],
            },
        ],
    }


def test_what_was_never_rebuilt_has_no_time() -> None:
    environment = as_object(_verification(_UNKNOWN))
    assert environment["outputs"][0]["verified-at"] is None


def _junit(found: Verification, covered: Collection[str] = ()) -> bytes:
    return written([Suite(name="serving", cases=list(cases(found, covered)))], RAN)


def test_junit_keeps_differences_apart_from_what_could_not_be_told() -> None:
    failed = _result("first-1", Verdict.BUILD_FAILED, reason="exit 3")
    fails_again = _result("later-1", Verdict.FAILS_REBUILT, reason="exit 4")
    corrupt = _result("bad-1", Verdict.CORRUPT, reason="bytes")
    data = _junit(_verification(_SAME, _DIFFERENT, _UNKNOWN, failed, fails_again, corrupt))
    (suite,) = ET.fromstring(data)  # noqa: S314 - our own text
    tallied = {"tests": "6", "failures": "2", "errors": "3", "skipped": "0"}
    assert {name: suite.get(name) for name in tallied} == tallied
    cases = suite.iterfind("testcase")
    assert [(case.get("name"), [child.tag for child in case]) for case in cases] == [
        ("bad-1", ["error"]),
        ("multi-1.doc", ["failure"]),
        ("later-1", ["failure"]),
        ("first-1", ["error"]),
        ("odd-1", ["error"]),
        ("numpy-2.4.6", []),
    ]


@given(st.text())
def test_junit_is_xml_whatever_a_builder_prints(said: str) -> None:
    data = _junit(_verification(_result("a-1", Verdict.FAILS_REBUILT, reason=said)))
    (suite,) = ET.fromstring(data)  # noqa: S314 - our own text
    assert suite.get("failures") == "1"


_FREE = {"counts", "not-exercised"}
"""Objects whose keys are names of something."""


def _keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _keys(inner) for key, inner in value.items() if key not in _FREE}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return _keys(value[0])
    return None


def test_the_object_is_as_documented() -> None:
    text = (Path(__file__).parents[3] / "docs/verify-report.md").read_text()
    documented = json.loads(text.partition("```json")[2].partition("```")[0])
    (told,) = documented["environments"]
    shown = as_object(_verification(_DIFFERENT))
    assert _keys(told) == _keys(shown) | {"benign": _keys(told["benign"])}
    assert list(told)[: len(shown)] == list(shown)


def test_every_verdict_is_documented_with_its_row() -> None:
    text = (Path(__file__).parents[3] / "docs/verify-report.md").read_text()
    for verdict in Verdict:
        assert f"| `{verdict}` | {verdict.code} | {verdict.meaning} |" in text


def test_a_declared_difference_passes_in_junit_and_stays_visible() -> None:
    verification = Verification(
        environment="a", conditions=_CONDITIONS, jobs=1, results=(_DIFFERENT,)
    )
    (suite,) = ET.fromstring(_junit(verification, {_DIFFERENT.path}))  # noqa: S314 - our own
    assert suite.get("failures") == "0"
    assert "multi-1.doc: " in suite.findtext("system-out", "")


def test_it_is_said_which_builders_had_a_network() -> None:
    assert network([_SAME]) == "without network"
    networked = ("/nix/store/0-b.drv", "/nix/store/1-c.drv")
    said = network([_SAME, replace(_SAME, networked=networked)])
    assert "without network" not in said
    assert "to 2 builders of fixed outputs" in said
    assert said.endswith(": b, c")


def test_of_what_was_never_rebuilt_no_condition_is_claimed() -> None:
    failed = _result("first-1", Verdict.BUILD_FAILED, reason="exit 3", verified_at="")
    found = Verification(environment="a", conditions=_CONDITIONS, jobs=1, results=(failed,))
    assert "network" not in scope(found)
    assert "nothing was rebuilt" in scope(found)
    assert scope(replace(found, results=(failed, _SAME))).endswith("sandboxed, without network")
