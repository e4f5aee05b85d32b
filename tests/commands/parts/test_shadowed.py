from pathlib import Path

import pytest

from harness.commands.parts.shadowed import (
    Compared,
    held_against,
    reports_of,
    shadow_exit_code,
    with_shadows,
)
from harness.govern.core.held import UNWANTED, Held
from harness.project.repository import Environment
from harness.verdict import Judgement

_SPEC = """
python = "3.11"
base = "debian:bookworm"
dependencies = []
"""
_SHADOW = """
[shadow]
production = "service:1"
protocol = "json"
recording = "traffic.jsonl"
"""


def environment(directory: Path, text: str) -> Environment:
    (directory / "envs" / "scorer").mkdir(parents=True)
    (directory / "envs" / "scorer" / "env.toml").write_text(text)
    return Environment("scorer", directory / "envs" / "scorer", directory)


def _of(**judgements: Judgement) -> Compared:
    return {name: Held(judgement=one, lines=()) for name, one in judgements.items()}


def test_what_declares_no_production_is_not_compared(tmp_path: Path) -> None:
    assert held_against(environment(tmp_path, _SPEC), wanted=True, fresh=False, quiet=False) == {}
    assert held_against(None, wanted=True, fresh=False, quiet=False) == {}


def test_what_cannot_be_compared_is_inconclusive_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = environment(tmp_path, _SPEC + _SHADOW)
    held = held_against(compared, wanted=True, fresh=False, quiet=False)
    said = capsys.readouterr().out
    assert "scorer against production: INCONCLUSIVE" in said
    assert "no such recording" in said
    assert shadow_exit_code(held) == 4

    (compared.directory / "traffic.jsonl").write_text('{"method": "GET", "target": "/"}\n')
    monkeypatch.setenv("DOCKER_HOST", "unix:///none")
    held = held_against(compared, wanted=True, fresh=True, quiet=True)
    assert "no container engine answers" in held["scorer"].lines[0]
    assert capsys.readouterr().out == ""


def test_a_comparison_that_was_not_wanted_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compared = environment(tmp_path, _SPEC + _SHADOW)
    held = held_against(compared, wanted=False, fresh=False, quiet=False)
    assert held == {"scorer": UNWANTED}
    assert "not compared with production: --no-shadow" in capsys.readouterr().out
    assert with_shadows({"exit-code": 0}, held)["shadow"]["scorer"]["judgement"] is None
    assert shadow_exit_code(held) == 0


def test_what_could_not_be_built_is_not_compared_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compared = environment(tmp_path, _SPEC + _SHADOW)
    held = held_against(compared, wanted=True, fresh=False, quiet=False, built=False)
    assert held["scorer"].judgement is Judgement.INCONCLUSIVE
    assert "not compared: it could not be built" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("held", "code"),
    [
        ({}, 0),
        (_of(a=Judgement.PASS), 0),
        (_of(a=Judgement.PASS, b=Judgement.FAIL, c=Judgement.INVALID), 1),
        (_of(a=Judgement.INCONCLUSIVE, b=Judgement.INVALID), 6),
        (_of(a=Judgement.INCONCLUSIVE, b=Judgement.PASS), 4),
    ],
)
def test_the_gravest_verdict_decides_the_exit_code(held: Compared, code: int) -> None:
    assert shadow_exit_code(held) == code


def test_a_report_holds_both_verdicts_and_one_exit_code() -> None:
    held = _of(a=Judgement.FAIL)
    report = with_shadows({"environments": [], "exit-code": 0}, held)
    assert report["exit-code"] == 1
    assert report["shadow"] == {"a": {"judgement": "FAIL", "lines": [], "run": None}}
    assert with_shadows({"exit-code": 5}, held)["exit-code"] == 5
    assert with_shadows({"exit-code": 4}, held)["exit-code"] == 1
    assert with_shadows({"exit-code": 0}, {}) == {"exit-code": 0}


def test_a_page_links_the_runs_report_from_where_it_is(tmp_path: Path) -> None:
    run = tmp_path / "runs of all" / "1"
    run.mkdir(parents=True)
    held = {"a": Held(judgement=Judgement.PASS, lines=(), run=str(run)), "b": UNWANTED}
    assert reports_of(held, tmp_path / "page.html") == {}
    (run / "report.html").touch()
    assert reports_of(held, tmp_path / "out" / "x.html") == {
        "a": "../runs%20of%20all/1/report.html"
    }
