from dataclasses import replace

from harness.formats.change import field
from harness.govern.core.assessment import UNWANTED, Assessment, Comparison
from harness.govern.core.page import as_html
from harness.render.opening import Made
from harness.verdict import Judgement, Verdict
from harness.verify.core.causes.cause import Cause, Evidence
from harness.verify.core.factors.conditions import Conditions
from harness.verify.core.verdict import OutputResult, Verification
from tests.govern.core.samples import QUORUM, known

_EVIDENCE = Evidence(
    output="out", path="a.gz", place=field("gzip header mtime"), first="1", second="<2>"
)
_CAUSE = Cause(
    factor="clock", title="the time", remedy="leave it out", files=1, evidence=(_EVIDENCE,)
)
SAME = OutputResult(
    derivation="/nix/store/x-base.drv",
    output="out",
    path="/nix/store/y-base",
    verdict=Verdict.SAME,
    nar_hash="sha256:abc",
)
DIFFERENT = replace(
    SAME,
    derivation="/nix/store/x-tool.drv",
    verdict=Verdict.DIFFERENT,
    causes=(_CAUSE, replace(_CAUSE, factor="race", title="order", evidence=())),
    unexplained=("b.bin",),
    unreached={"clock": "static program"},
)


def _page(
    *results: OutputResult, lacking: dict[str, str] | None = None, held: Comparison | None = None
) -> str:
    conditions = Conditions(nix="2.8.0", processor="EPYC", cpus=2, not_exercised=lacking or {})
    verification = Verification(
        environment="serving", conditions=conditions, jobs=1, results=results
    )
    known = Assessment(name="serving", verification=verification, comparison=held)
    return _unbroken(as_html([known], {"serving": "../run%201/report.html"}))


def _unbroken(document: bytes) -> str:
    return document.decode().replace("<wbr>", "")


def test_the_verdict_stands_first_and_every_output_is_listed() -> None:
    text = _page(SAME)
    assert text.index("harness verify serving: SAME") < text.index("sha256:abc")
    assert "not exercised" not in text


def test_a_cause_is_told_with_its_evidence_and_remedy() -> None:
    text = _page(SAME, DIFFERENT)
    assert "harness verify serving: DIFFERENT" in text
    assert "gzip header mtime" in text
    assert "&lt;2&gt;" in text
    assert "Remedy: leave it out." in text
    assert "Not explained: b.bin" in text


def test_causes_of_everything_leave_nothing_unexplained() -> None:
    assert "Not explained" not in _page(replace(DIFFERENT, unexplained=()))


def test_what_was_not_exercised_is_told() -> None:
    text = _page(DIFFERENT, lacking={"instruction-set": "an old processor"})
    assert "an old processor" in text
    assert "static program" in text


def test_the_comparison_with_production_stands_beside_the_rebuilds() -> None:
    held = Comparison(judgement=Judgement.FAIL, lines=("  FAIL  outputs: <b> differs",))
    text = _page(SAME, held=held)
    assert "harness verify serving: SAME; against production: FAIL" in text
    assert "<li>FAIL  outputs: &lt;b&gt; differs</li>" in text
    assert '<a href="../run%201/report.html">' in text
    assert text.index("<li>FAIL") < text.index("sha256:abc")


def test_nothing_is_said_of_production_where_there_is_none() -> None:
    assert "production" not in _page(SAME)
    assert "not compared with production: --no-shadow" in _page(SAME, held=UNWANTED)


def test_the_first_screen_says_why_when_of_what_and_by_whom() -> None:
    made = Made(at="2026-11-28 21:30 UTC", harness="0.1.0", commit="c0ffee", dirty=True)
    conditions = Conditions(nix="2.8.0", processor="EPYC", cpus=2, moved=frozenset(["clock"]))
    many = [replace(DIFFERENT, causes=(replace(_CAUSE, title=f"{n}"),) * 1) for n in range(9)]
    dated = replace(DIFFERENT, verified_at="2026-11-28T21:29:00+00:00")
    told = replace(DIFFERENT, causes=tuple(replace(_CAUSE, title=f"{n}th") for n in range(5)))
    failed = replace(SAME, verdict=Verdict.BUILD_FAILED, reason="no\nlog")
    verification = Verification(
        environment="serving", conditions=conditions, jobs=1, results=(failed, dated, told, *many)
    )
    known = Assessment(name="serving", verification=verification)
    text = _unbroken(as_html([known], made=made))
    head = text[: text.index("<details")]
    for said in (
        "2026-11-28 21:30 UTC by harness 0.1.0",
        "c0ffee, with changes",
        "2026-11-28 21:29 UTC",
        "Nix 2.8.0",
        "/nix/store/x-tool.drv",
        "tool: the time",
        "Leave it out.",
        "and 2 more causes",
        "not explained: 1 file",
        "and 4 more",
    ):
        assert said in head, said


def test_an_output_without_causes_shows_its_reason() -> None:
    failed = replace(SAME, verdict=Verdict.BUILD_FAILED, reason="no\nlog")
    assert "<div><span>no</span></div><div><span>log</span></div>" in _page(failed)
    assert "no cause was found" in _page(replace(SAME, verdict=Verdict.DIFFERENT))


def test_what_builders_say_stands_on_the_page() -> None:
    text = as_html([Assessment(name="serving", statements=QUORUM)]).decode()
    assert "harness verify serving: INCONCLUSIVE" in text
    assert "<li>ann  says nothing</li>" in text


def test_a_comparison_without_a_page_of_its_own_is_not_linked() -> None:
    text = as_html([known(SAME, judgement=Judgement.PASS)]).decode()
    assert '<span class="mark good">PASS</span>' in text
    assert "<a " not in text
