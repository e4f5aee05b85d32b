import json
from pathlib import Path

import pytest

from harness.build import checks
from harness.build.checks import _Check
from harness.render.junit import Case, Outcome
from harness.store import nix

_DERIVATION = f"/nix/store/{'a' * 32}-dev-check-imports.drv"
_RAN_BY = f"/nix/store/{'b' * 32}-dev-run-test-unit.drv"
_CASES = {"cases": [{"name": "a", "outcome": "failure", "message": "no", "text": "at 1"}]}


def _check(output: Path, ran: Path | None = None) -> _Check:
    return _Check(derivation=_DERIVATION, output=output, ran=ran, ran_by=_RAN_BY if ran else "")


@pytest.fixture
def ran(tmp_path: Path) -> Path:
    made = tmp_path / "ran"
    (made / "kept").mkdir(parents=True)
    (made / "status").write_text("1\n")
    (made / "cases.json").write_text(json.dumps(_CASES))
    return made


@pytest.fixture
def deleted(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    found: list[Path] = []
    monkeypatch.setattr(nix, "discard", found.append)
    return found


def test_what_a_check_warns_of_is_in_its_output(tmp_path: Path) -> None:
    output = tmp_path / "out"
    output.write_text("imports holds\nwarning: one\nwarning: two\n")
    result = checks._held(_check(output))
    assert (result.name, result.holds) == ("imports", True)
    assert result.warnings == ("warning: one", "warning: two")


@pytest.mark.parametrize(("count", "told"), [(25, 25), (26, 26), (400, 26)])
def test_the_end_of_a_log_says_where_the_whole_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, count: int, told: int
) -> None:
    log = "".join(f"line {n}\n" for n in range(count))
    monkeypatch.setattr(nix, "read_log", lambda _: log)
    lines = checks._failed(_check(tmp_path)).log.splitlines()
    assert len(lines) == told
    assert f"line {count - 1}" in lines
    pointer = f"({count - 25} lines before: nix-store --read-log {_DERIVATION})"
    assert (pointer in lines) == (count > 25)


def test_of_a_command_that_failed_there_are_its_log_its_cases_and_what_it_kept(
    monkeypatch: pytest.MonkeyPatch, ran: Path
) -> None:
    logs = {_DERIVATION: "git: not in the sandbox\n", _RAN_BY: "printed\n"}
    monkeypatch.setattr(nix, "read_log", logs.__getitem__)
    (ran / "kept/a.ipynb").write_text("")
    result = checks._failed(_check(ran.parent / "none", ran))
    assert (result.holds, result.log) == (False, "printed\ngit: not in the sandbox")
    expected = Case(name="a", outcome=Outcome.FAILURE, type="failure", message="no", text="at 1")
    assert result.cases == (expected,)
    assert result.kept == str(ran / "kept")


def test_a_command_that_holds_has_its_cases_too(ran: Path) -> None:
    result = checks._held(_check(ran.parent / "out", ran))
    assert (result.holds, len(result.cases), result.kept) == (True, 1, "")


def test_a_report_of_something_else_is_an_error(ran: Path) -> None:
    (ran / "cases.json").write_text('{"cases": [{"name": 1}]}')
    (case,) = checks._held(_check(ran.parent / "out", ran)).cases
    assert (case.outcome, "cases.json" in case.message) == (Outcome.ERROR, True)


def test_no_link_of_a_check_is_followed(ran: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(json.dumps(_CASES))
    (ran / "cases.json").unlink()
    (ran / "cases.json").symlink_to(tmp_path / "secret")
    (ran / "kept").rmdir()
    (ran / "kept").symlink_to(tmp_path)
    result = checks._held(_check(ran.parent / "out", ran))
    assert (result.cases, result.kept) == ((), "")


def test_what_a_check_left_in_place_of_its_output_is_not_followed(
    ran: Path, tmp_path: Path
) -> None:
    (ran / "kept/key").write_text("secret")
    (tmp_path / "link").symlink_to(ran)
    result = checks._held(_check(ran.parent / "out", tmp_path / "link"))
    assert (result.cases, result.kept) == ((), "")


@pytest.mark.parametrize(("status", "again"), [("0\n", False), ("1\n", True), ("127\n", True)])
def test_a_command_that_failed_is_run_again(
    deleted: list[Path], ran: Path, status: str, *, again: bool
) -> None:
    (ran / "status").write_text(status)
    checks._forget_failed([_check(ran.parent / "out", ran), _check(ran.parent / "imports")])
    assert deleted == ([ran] if again else [])


def test_a_command_that_did_not_run_yet_is_not_forgotten(
    deleted: list[Path], tmp_path: Path
) -> None:
    checks._forget_failed([_check(tmp_path / "out", tmp_path / "none")])
    assert deleted == []
