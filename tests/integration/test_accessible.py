"""Every page that harness writes, in a browser, wide and narrow, held against axe-core's rules.

The first screen holds the verdict, why, what to do, when, which commit, and of what.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from harness.diff.core.report import Item, Level, Report, as_html
from harness.govern.core import page as verify_page
from harness.govern.core.assessment import Assessment, Comparison
from harness.render.opening import Made
from harness.shadow.core.page import page as shadow_page
from harness.verdict import Judgement, Verdict
from harness.verify.core.factors.conditions import Conditions
from harness.verify.core.verdict import Verification
from tests.govern.core.test_page import DIFFERENT, SAME
from tests.shadow.core.page.simulated import simulated

MADE = Made(at="2026-11-24 02:02 UTC", harness="0.1.0", commit="0" * 40, dirty=True)

CHROMIUM = Path("/usr/bin/chromium")
_LONG = f"/nix/store/{'0' * 32}-{'a-long-name-' * 10}1.0"


HEIGHT = 844
BROKEN = """() => {
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  const broken = [], range = document.createRange();
  for (let node; node = walker.nextNode();)
    for (const found of node.data.matchAll(/(?<![0-9a-z])[0-9a-z]{32}(?=-|$)/g)) {
      range.setStart(node, found.index);
      range.setEnd(node, found.index + 32);
      const lines = new Set([...range.getClientRects()].map(one => Math.round(one.top)));
      if (lines.size > 1) broken.push(node.data);
    }
  return broken;
}"""
"""Hashes of store paths that stand on more than one line."""
PARTS = (".verdict strong", ".told section:first-child li", ".told section:last-child li", "dd")


def _pages() -> Iterator[tuple[str, bytes]]:
    items = [Item(subject=_LONG, field="content", first="x" * 300, second="y" * 300)] * 3
    levels = tuple(Level(name=name, summary="3 differ", items=tuple(items)) for name in ("a", "b"))
    yield "diff", as_html(Report(first=_LONG, second=_LONG, levels=levels, notes=("a note",)), MADE)
    yield "diff of nothing", as_html(Report(first="a", second="a"), MADE)
    yield "shadow", shadow_page.page(simulated("1 % flipped labels", 1500), None, MADE)
    yield "shadow without data", shadow_page.page(simulated("unchanged", 0), None, MADE)
    compared = Comparison(judgement=Judgement.FAIL, lines=("outputs differ",))
    reports = {"serving": "report.html"}
    for result in (SAME, DIFFERENT, replace(DIFFERENT, verdict=Verdict.CORRUPT, causes=())):
        verification = Verification(
            environment="serving",
            conditions=Conditions(nix="2.8.0", processor="EPYC", cpus=2, not_exercised={"x": "y"}),
            jobs=1,
            results=(result, SAME),
        )
        known = Assessment(name="serving", verification=verification, comparison=compared)
        data = verify_page.as_html([known], reports, MADE)
        yield f"verify {result.verdict}", data


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        installed = str(CHROMIUM) if CHROMIUM.exists() else None
        browser = playwright.chromium.launch(executable_path=installed, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize(("name", "data"), list(_pages()), ids=lambda one: str(one)[:30])
def test_first_screen_tells_all_and_axe_finds_nothing(
    chromium: Browser, name: str, data: bytes, width: int
) -> None:
    opened = chromium.new_page(viewport={"width": width, "height": HEIGHT})
    opened.set_default_timeout(20_000)
    opened.set_content(data.decode())
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    for part in PARTS:
        box = opened.locator(f".opening {part}").last.bounding_box()
        assert box, part
        assert box["y"] + box["height"] <= HEIGHT, part
    names = opened.locator(".opening dt").all_inner_texts()
    assert {"made", "commit"} < set(names)
    opened.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert opened.evaluate(BROKEN) == [], name
    found = Axe().run(opened)
    opened.close()
    assert found.violations_count == 0, f"{name}: {found.generate_report()}"
