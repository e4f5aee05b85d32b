from pathlib import Path

import pytest

from harness.errors import InputError, IntegrityError, ToolError
from harness.govern.core.assessment import UNWANTED, Assessment, Comparison
from harness.govern.production import compare_with_production, run_pages
from harness.project.repository import Environment
from harness.shadow import compare
from harness.verdict import Judgement


@pytest.mark.parametrize("error", [InputError("no image"), ToolError("no engine")])
def test_what_cannot_be_compared_is_inconclusive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    found = _compared(tmp_path, monkeypatch, error)
    assert (found.judgement, found.lines) == (Judgement.INCONCLUSIVE, (f"not compared: {error}",))


def test_what_is_not_what_was_built_is_no_want_of_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(IntegrityError, match="another image"):
        _compared(tmp_path, monkeypatch, IntegrityError("another image"))


def _compared(directory: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> Comparison:
    """Return what comes of a comparison that this error ends."""

    def fails(*_: object, **__: object) -> compare.Shadowed:
        raise error

    monkeypatch.setattr(compare, "shadow", fails)
    environment = Environment("scorer", directory, directory)
    return compare_with_production(environment, system="x86_64-linux", fresh=True)


def test_a_page_links_the_runs_report_from_where_it_is(tmp_path: Path) -> None:
    run = tmp_path / "runs of all" / "1"
    run.mkdir(parents=True)
    known = [
        Assessment(
            name="a", comparison=Comparison(judgement=Judgement.PASS, lines=(), run=str(run))
        ),
        Assessment(name="b", comparison=UNWANTED),
        Assessment(name="c"),
    ]
    assert run_pages(known, tmp_path / "page.html") == {}
    (run / "report.html").touch()
    assert run_pages(known, tmp_path / "out" / "x.html") == {
        "a": "../runs%20of%20all/1/report.html"
    }
