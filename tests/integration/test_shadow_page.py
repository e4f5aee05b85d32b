"""The report of shadow inference as a browser shows it: Chromium, without a display."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from harness.shadow.core.evidence.reason import Why, because
from harness.shadow.core.evidence.resources import Resource
from harness.shadow.core.page.flips import Count
from harness.shadow.core.page.page import page
from harness.shadow.core.result import ShadowResult
from harness.verdict import Judgement
from tests.shadow.core.page.simulated import simulated

CHROMIUM = Path("/usr/bin/chromium")
CLOSURE = [("scikit-learn", "1.5.2", "1.7.0"), ("polars", "", "1.2.0"), ("six", "1.16", "")]
CASES = {
    Judgement.PASS: ("unchanged", 3000),
    Judgement.FAIL: ("1 % flipped labels", 1500),
    Judgement.INCONCLUSIVE: ("1e-6 jitter in production too", 30),
    Judgement.INVALID: ("unchanged", 0),
}
TOO_SMALL = """() => [...document.querySelectorAll("body *")].flatMap(one => {
  const own = [...one.childNodes].some(node => node.nodeType == 3 && node.data.trim());
  if (!own || !one.checkVisibility() || one.closest("title, desc")) return [];
  const scale = one.ownerSVGElement ? one.getScreenCTM().a : 1;
  const size = parseFloat(getComputedStyle(one).fontSize) * scale;
  return size < 12 ? [`${size.toFixed(1)} px: ${one.textContent}`] : [];
})"""
"""Texts below 12 px as they are drawn."""
FAINT = """() => {
  const parsed = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = rgb => rgb.map(v => v / 255).map(v =>
    v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const behind = one => {
    const colour = getComputedStyle(one).backgroundColor;
    return colour == "rgba(0, 0, 0, 0)" ? behind(one.parentElement) : light(parsed(colour));
  };
  return [...document.querySelectorAll("body *")].flatMap(one => {
    const own = [...one.childNodes].some(node => node.nodeType == 3 && node.data.trim());
    if (!own || !one.checkVisibility() || one.closest("title, desc")) return [];
    const style = getComputedStyle(one), paper = behind(one);
    const ink = light(parsed(one.ownerSVGElement ? style.fill : style.color));
    const contrast = (Math.max(ink, paper) + .05) / (Math.min(ink, paper) + .05);
    return contrast < 4.5 ? [`${contrast.toFixed(1)}: ${one.textContent}`] : [];
  });
}"""
"""Texts whose contrast with what is behind them is below 4.5 (WCAG 2.1, 1.4.3)."""
TOUCHING = """() => [...document.querySelectorAll("svg")].flatMap(svg => {
  const texts = [...svg.querySelectorAll("text")].map(one => [one, one.getBoundingClientRect()]);
  const across = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const along = (a, b) => Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return texts.flatMap(([one, a], place) => texts.slice(place + 1)
    .filter(([, b]) => across(a, b) > 1 && along(a, b) > 5)
    .map(([other]) => `${one.textContent} | ${other.textContent}`));
})"""
"""Pairs of texts in one plot that are drawn over each other."""


@cache
def result(judgement: Judgement) -> ShadowResult:
    return simulated(*CASES[judgement])


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        installed = str(CHROMIUM) if CHROMIUM.exists() else None
        browser = playwright.chromium.launch(executable_path=installed, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(params=[(1280, "light"), (390, "light"), (390, "dark")], ids=lambda p: f"{p}")
def screen(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    width, scheme = request.param
    opened = chromium.new_page(
        viewport={"width": width, "height": 844}, color_scheme=scheme, reduced_motion="reduce"
    )
    yield opened
    opened.close()


def shown(screen: Page, judgement: Judgement, directory: Path) -> None:
    shown_of(screen, result(judgement), directory)


def shown_of(screen: Page, of: ShadowResult, directory: Path) -> None:
    file = directory / "report.html"
    file.write_bytes(page(of, CLOSURE))
    screen.goto(file.as_uri())


@pytest.mark.parametrize("judgement", CASES)
def test_page_reads_well(screen: Page, judgement: Judgement, tmp_path: Path) -> None:
    said: list[str] = []
    asked: list[str] = []
    screen.on("console", lambda message: said.append(message.text))
    screen.on("pageerror", lambda error: said.append(str(error)))
    screen.on("request", lambda request: asked.append(request.url))
    shown(screen, judgement, tmp_path)
    assert result(judgement).judgement is judgement
    assert said == []
    assert asked == [(tmp_path / "report.html").as_uri()]
    assert screen.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert screen.evaluate(TOO_SMALL) == []
    assert screen.evaluate(FAINT) == []
    assert screen.evaluate(TOUCHING) == []
    assert screen.locator(".verdict strong").inner_text() == judgement


def test_every_plot_is_drawn(screen: Page, tmp_path: Path) -> None:
    failed = result(Judgement.FAIL)
    measured = Resource(production=[1.0, 1.1], candidate=[1.5, 1.4])
    errors = replace(failed.counts, failed=({}, {"503": 1}, {"500": 9, "timeout": 2}))
    whole = replace(failed, counts=errors, resources={"memory": measured, "CPU time": measured})
    shown_of(screen, whole, tmp_path)
    assert screen.evaluate(TOUCHING) == []
    drawn = {
        figure.get_attribute("id"): figure.locator("svg").bounding_box()
        for figure in screen.locator("figure").all()
    }
    assert set(drawn) == {
        "forest",
        "differing",
        "outcomes",
        "resources",
        "quantiles",
        "latency",
        "bland-altman",
        "flips",
        "e-values",
    }
    assert all(box and box["width"] > 300 and box["height"] > 100 for box in drawn.values())


def test_numbers_of_a_plot_unfold(screen: Page, tmp_path: Path) -> None:
    shown(screen, Judgement.FAIL, tmp_path)
    screen.locator("#forest summary").click()
    assert screen.locator("#forest td").first.is_visible()
    assert screen.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_long_names_do_not_widen_the_page(screen: Page, tmp_path: Path) -> None:
    long, failed = "n" * 400, result(Judgement.FAIL)
    named = replace(
        failed,
        asked=replace(failed.asked, environment=long),
        findings=tuple(
            replace(each, family=long, reasons=(because(Why.BROKEN, said=long),))
            for each in failed.findings
        ),
        groups=tuple(replace(each, name=long) for each in failed.groups),
        field=long,
        flips=(Count(first=long, second=f"{long}2", count=3), *failed.flips),
        volatile=(long,),
        unexercised=(long,),
    )
    shown_of(screen, named, tmp_path)
    assert screen.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert screen.evaluate(TOUCHING) == []
