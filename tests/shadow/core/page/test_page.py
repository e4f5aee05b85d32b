from dataclasses import replace

from harness.shadow.core.evidence.finding import Finding
from harness.shadow.core.evidence.reason import Why, because
from harness.shadow.core.page.flips import Count
from harness.shadow.core.page.page import Moved, page
from harness.shadow.core.result import ShadowResult
from harness.shadow.core.wording import worded
from harness.verdict import Judgement
from tests.pages import Read
from tests.shadow.core.page.simulated import ASKED, simulated

FLIPPED = simulated("1 % flipped labels", 1500)
HOSTILE = "<script>alert(1)</script>\x1b[2J\u202e\ud800&"


def read(result: ShadowResult, closure: list[Moved] | None = None) -> Read:
    return Read(page(result, closure))


def test_verdict_and_why_come_before_the_plots() -> None:
    text = read(FLIPPED).text
    places = [
        text.index(said)
        for said in (
            "The candidate is proven worse",
            worded(FLIPPED.findings[0].reasons),
            "How much worse, by family",
        )
    ]
    assert places == sorted(places)


def test_every_plot_is_there_with_data_and_without() -> None:
    plots = {"forest", "quantiles", "latency", "bland-altman", "flips", "e-values"}
    for result in (FLIPPED, simulated("unchanged", 0)):
        assert plots <= set(read(result).ids)


def test_worst_requests_come_with_the_command_that_asks_them_again() -> None:
    text = read(FLIPPED).text
    assert all(f"harness shadow serving --only {each.number}\n" in text for each in FLIPPED.worst)


def test_page_says_that_nothing_differed() -> None:
    assert "Of 30 requests, the candidate answered none" in read(simulated("unchanged", 30)).text


def test_groups_show_their_own_verdicts() -> None:
    text = read(FLIPPED).text
    assert "north: 500 requests" in text
    assert "The requests were not grouped." in read(replace(FLIPPED, groups=())).text


def test_group_that_fails_by_itself_is_marked() -> None:
    finding = Finding(
        family="outputs",
        judgement=Judgement.FAIL,
        reasons=(because(Why.BROKEN, said="differ"),),
        requests=9,
    )
    failed = replace(FLIPPED.groups[0], findings=(finding,))
    summary = read(replace(FLIPPED, groups=(failed,))).text.partition("differed \n")[2]
    assert summary.startswith("FAIL\n")


def test_packages_that_differ_between_the_images_are_listed() -> None:
    text = read(FLIPPED, [("numpy", "2.0", ""), ("six", "", "1.17")]).text
    assert "numpy\n2.0\nnot there\nsix\nnot there\n1.17" in text
    assert "No package differs." in read(FLIPPED, []).text
    assert "The images were not compared" in read(FLIPPED).text


def test_page_tells_seed_budget_limits_and_what_was_not_exercised() -> None:
    text = read(replace(FLIPPED, volatile=("outputs.id",))).text
    for said in ("seed\n7\n", "1%\n", "0.31% of requests", "[shadow] starts is 0", "outputs.id"):
        assert said in text
    assert "Not exercised" not in read(replace(FLIPPED, unexercised=())).text


def test_page_tells_outcomes_without_success() -> None:
    result = simulated("a new 500 on rare input", 600)
    count = result.counts.failed[2]["500"]
    assert f"{count} 500\n" in read(result).text
    fixed = replace(result, asked=replace(ASKED, fixed=True))
    assert "a fixed number" in read(fixed).text


def test_no_text_becomes_markup() -> None:
    result = replace(
        FLIPPED,
        asked=replace(ASKED, environment=HOSTILE, recording=HOSTILE),
        ending=HOSTILE,
        findings=tuple(
            replace(f, family=HOSTILE, reasons=(because(Why.BROKEN, said=HOSTILE),))
            for f in FLIPPED.findings
        ),
        worst=tuple(replace(worst, reasons=(HOSTILE,)) for worst in FLIPPED.worst),
        groups=tuple(replace(each, name=HOSTILE) for each in FLIPPED.groups),
        field=HOSTILE,
        flips=(Count(first=HOSTILE, second=f"{HOSTILE}2", count=3),),
        volatile=(HOSTILE,),
        unexercised=(HOSTILE,),
    )
    found = read(result, [(HOSTILE, HOSTILE, HOSTILE)])
    assert "script" not in found.tags
    assert "\x1b" not in found.text
    assert "\u202e" not in found.text


def test_page_needs_nothing_but_itself() -> None:
    document = page(FLIPPED).decode()
    assert not [word for word in ("src=", "href=", "url(", "@import", "<link") if word in document]


def test_what_shows_why_a_run_failed_comes_first() -> None:
    names = {"forest", "differing", "quantiles", "latency", "bland-altman", "flips", "e-values"}
    order = [each for each in read(FLIPPED).ids if each in names]
    assert order[:3] == ["differing", "flips", "e-values"]
    passed = [each for each in read(simulated("unchanged", 30)).ids if each in names]
    assert passed[0] == "forest"
    assert len(order) == len(passed) == len(names)


def test_plots_without_data_come_last() -> None:
    names = {"forest", "flips", "resources", "outcomes", "e-values"}
    order = [each for each in read(simulated("unchanged", 30)).ids if each in names]
    assert set(order[:2]) == {"forest", "e-values"}
