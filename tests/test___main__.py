"""The command line as a whole: how runs end, and what a person and a script are told of that."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click
import pytest

import harness
from harness import __main__
from harness.errors import Exit, HarnessError, InputError, IntegrityError, ToolError

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(name="run")
def _run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run the command line with words; `raises` is what its verb ends with."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def run(*words: str, raises: BaseException | None = None) -> tuple[int, str, str]:
        def verb(*_: Any, **__: Any) -> NoReturn:
            assert raises
            raise raises

        with monkeypatch.context() as patch:
            if raises:
                patch.setattr(__main__.cli, "main", verb)
            status = __main__._run([*words])
        out, err = capsys.readouterr()
        return status, out, err

    return run


def test_the_version_is_the_packages(run: Run) -> None:
    status, out, _ = run("--version")
    assert status == 0
    assert harness.__version__ in out


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("env.toml: python: missing"), Exit.INPUT),
        (ToolError("nix-store: not found"), Exit.TOOL),
        (IntegrityError("a.whl: not the hash of the lock"), Exit.INTEGRITY),
    ],
)
def test_an_error_is_one_message_with_its_own_exit_code(
    run: Run, error: Exception, code: int
) -> None:
    assert run("lock", "a", raises=error) == (code, "", f"harness: {error}\n")


def test_a_script_gets_the_error_as_json_as_well(run: Run) -> None:
    status, out, err = run("lock", "a", "--json", raises=InputError("no such lock"))
    assert json.loads(out) == {"error": "no such lock", "exit-code": status}
    assert err == "harness: no such lock\n"


def test_a_defect_says_so_without_a_traceback_unless_one_is_asked_for(run: Run) -> None:
    status, _, err = run("lock", "a", raises=KeyError("x"))
    assert status == HarnessError.exit_code
    assert err == "harness: a defect in harness: KeyError: 'x'; --debug shows where\n"
    _, _, err = run("--debug", "lock", "a", raises=KeyError("x"))
    assert err.startswith("Traceback (most recent call last):\n")
    _, _, err = run("lock", "--debug", raises=KeyError("x"))
    assert "Traceback" not in err, "behind the verb it is the verb's"


def test_a_secret_of_this_machine_is_not_printed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(__main__, "machine_secrets", lambda: ["hunter2"])
    for words in (("lock",), ("--debug", "lock", "--json")):
        _, out, err = run(*words, raises=ToolError("https://me:hunter2@index refused"))
        assert "hunter2" not in out + err


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), click.Abort()])
def test_an_interrupted_run_says_how_to_go_on(run: Run, stop: BaseException) -> None:
    status, _, err = run("lock", "a", raises=stop)
    assert status == Exit.INTERRUPTED
    assert err == "harness: interrupted; run the same command again to go on\n"


def test_a_reader_that_has_enough_is_no_error(run: Run) -> None:
    assert run("lock", "a", raises=BrokenPipeError()) == (0, "", "")


@pytest.mark.parametrize(
    "words", [["nonsense"], ["lock", "--nonsense"], ["verify", "--budget", "x"]]
)
def test_a_command_line_that_is_wrong_is_refused_with_its_usage(run: Run, words: list[str]) -> None:
    status, out, err = run(*words)
    assert (status, out) == (2, "")
    assert "Usage: harness" in err
    status, out, _ = run(*words, "--json")
    assert json.loads(out)["exit-code"] == status == 2


def test_what_killed_runs_left_is_removed_before_a_verb_and_shown_to_doctor(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleaned = list[str]()
    monkeypatch.setattr(__main__, "owners", lambda: ["somebody"])
    monkeypatch.setattr("harness.doctor.left.clean", lambda: cleaned.append("once"))
    run("doctor", raises=InputError(""))
    run("--version")
    assert cleaned == []
    run("lock", "a", raises=InputError(""))
    assert cleaned == ["once"]


def test_a_clean_up_that_fails_does_not_stand_in_the_way(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def clean() -> NoReturn:
        raise ToolError("no engine")

    monkeypatch.setattr(__main__, "owners", lambda: ["somebody"])
    monkeypatch.setattr("harness.doctor.left.clean", clean)
    assert run("lock", "a", raises=InputError("no such lock"))[2] == "harness: no such lock\n"
