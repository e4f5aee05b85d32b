"""What a person reads of one verification on its page."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from harness.formats.change import field
from harness.render.html import Content, element
from harness.verdict import Verdict
from harness.verify.core.causes.cause import Cause, Evidence
from harness.verify.core.factors.conditions import Conditions
from harness.verify.core.page import REMEDIES, reasons_of, section
from harness.verify.core.verdict import OutputResult, Verification
from tests.pages import Read

_CONDITIONS = Conditions(nix="2.8.0", processor="EPYC", cpus=2, moved=frozenset({"clock"}))
_CAUSE = Cause(
    factor="clock",
    title="the time of the build is in the output",
    remedy="take the time from SOURCE_DATE_EPOCH",
    files=2,
    evidence=(
        Evidence(output="out", path="id", place=field("line 1"), first="<1>", second="2", offset=7),
    ),
)


def result(name: str, verdict: Verdict, **facts: Any) -> OutputResult:
    return OutputResult(
        derivation=f"/nix/store/{'0' * 32}-{name}.drv",
        output="out",
        path=f"/nix/store/{'1' * 32}-{name}",
        verdict=verdict,
        nar_hash=f"sha256:{name}",
        **facts,
    )


SAME, DIFFERENT = result("good", Verdict.SAME), result("bad", Verdict.DIFFERENT, causes=(_CAUSE,))


def verification(*results: OutputResult, **facts: Any) -> Verification:
    conditions = replace(_CONDITIONS, **facts)
    return Verification(environment="serving", conditions=conditions, jobs=2, results=results)


def read(made: Verification, beside: Sequence[Content] = ()) -> Read:
    parts = section(made, beside)
    whole = "".join(
        ET.tostring(part, encoding="unicode") for part in parts if not isinstance(part, str)
    )
    return Read(whole.encode())


def test_the_verdict_stands_in_the_heading_and_every_output_below() -> None:
    page = read(verification(SAME, SAME))
    assert page.tags[0] == "h2"
    assert page.texts[:2] == ["serving: ", "SAME"]
    assert "all 2 outputs" in page.text
    assert "sha256:good" in page.text
    assert "what helps" not in page.text, "there is nothing to be done"


def test_what_differs_has_its_cause_remedy_and_evidence() -> None:
    page = read(verification(SAME, DIFFERENT))
    assert page.texts[1] == "DIFFERENT"
    for told in (_CAUSE.title, _CAUSE.remedy, "(files: 2)", "line 1", "<1>"):
        assert told in page.text, told
    assert page.text.index("bad") < page.text.index("all 2 outputs")


def test_what_belongs_beside_the_verdict_stands_right_below_it() -> None:
    page = read(verification(SAME), [element("p", "allowed until May")])
    assert page.texts[2] == "allowed until May"


def test_of_many_exceptions_the_first_are_explained_above_and_the_rest_counted() -> None:
    many = [result(f"a{n}", Verdict.INCONCLUSIVE, reason=f"because {n}") for n in range(11)]
    page = read(verification(*many))
    assert "and 3 more" in page.texts
    assert page.text.count("because 10") == 1, "in the details alone"
    assert page.text.count("because 2") == 2, "and above"


@pytest.mark.parametrize("verdict", [one for one in Verdict if one is not Verdict.SAME])
def test_every_verdict_says_what_helps(verdict: Verdict) -> None:
    assert REMEDIES[verdict.code] in read(verification(result("a", verdict))).text


def test_what_was_not_exercised_and_not_reached_is_told_with_its_reason() -> None:
    unreached = result("far", Verdict.SAME, unreached={"umask": "busybox: no shim"})
    page = read(verification(unreached, not_exercised={"locale": "not asked for"}))
    assert "1 factor not exercised" in page.texts
    assert "not asked for" in page.texts
    assert "1 output that some factors did not reach" in page.texts
    assert "busybox: no shim" in page.texts


def test_a_plain_rebuild_does_not_speak_of_factors() -> None:
    page = read(verification(SAME, moved=frozenset()))
    assert "not exercised" not in page.text


def test_the_first_reasons_stand_for_all() -> None:
    causes = tuple(replace(_CAUSE, factor=f"f{n}", title=f"the {n}th") for n in range(5))
    told = reasons_of(replace(DIFFERENT, causes=causes, unexplained=("out:a", "out:b")))
    assert told == [
        "the 0th",
        "the 1th",
        "the 2th",
        "and 2 more causes",
        "not explained: 2 files",
    ]
    assert reasons_of(result("a", Verdict.BUILD_FAILED, reason="1\n2\n3\n4")) == ["1", "2", "3"]
    assert reasons_of(result("a", Verdict.DIFFERENT)) == ["no cause was found"]
