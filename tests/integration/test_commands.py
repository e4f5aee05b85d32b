"""The verbs as a user types them, in a repository of their own with the demo's lock."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from harness.host import process
from tests import schemas
from tests.integration.conftest import ROOT, Shipped

pytestmark = [pytest.mark.nix, pytest.mark.network]

_FAILING = '''
[checks.commands]
fine = "python -c 'import sklearn'"
wrong = """
echo what went wrong
case='<testcase name="one"><failure message="1 is 2"/></testcase>'
echo "<testsuite>$case</testsuite>" > $HARNESS_JUNIT/a.xml
echo kept > $HARNESS_KEEP/a
git status
"""
'''


@pytest.fixture
def repository(serving: Shipped, tmp_path: Path) -> Path:
    """A copy of the demo environment, whose inputs are in the store."""
    assert serving.tree.exists()
    shutil.copytree(ROOT / "envs/serving", tmp_path / "envs/serving")
    (tmp_path / "harness.toml").touch()
    text = (tmp_path / "envs/serving/env.toml").read_text()
    own = text.partition("[checks.commands]")[0] + _FAILING
    (tmp_path / "envs/serving/env.toml").write_text(own)
    return tmp_path


def harness(repository: Path, *arguments: str) -> process.Completed:
    """Run the command line in a repository."""
    argv = [sys.executable, "-m", "harness", *arguments]
    completed = process.run(argv, cwd=repository, timeout=300)
    if "--json" in arguments:
        schemas.check(arguments[0], completed.stdout)
    return completed


def test_build_says_where_it_built_and_holds_it(repository: Path, serving: Shipped) -> None:
    completed = harness(repository, "build", "--json")
    assert json.loads(completed.stdout) == {"built": {"serving": str(serving.tree)}}
    assert (repository / ".harness/roots/serving/environment").readlink() == serving.tree


def test_shell_runs_a_command_and_ends_as_it_does(repository: Path, serving: Shipped) -> None:
    program = "import sys; print(sys.prefix); sys.exit(7)"
    completed = harness(repository, "shell", "serving", "--", "python", "-c", program)
    assert (completed.stdout.strip(), completed.status) == (str(serving.tree), 7)


def test_nothing_writes_to_the_environment_from_its_shell(
    repository: Path, serving: Shipped
) -> None:
    program = "import sys; open(sys.prefix + '/lib/stray', 'w')"
    completed = harness(repository, "shell", "serving", "--", "python", "-c", program)
    assert completed.status == 1
    assert not (serving.tree / "lib/stray").exists()


def test_a_program_of_the_machines_is_told_and_one_of_its_pythons_refused(
    repository: Path,
) -> None:
    told = harness(repository, "shell", "serving", "--", "cat", "/dev/null")
    assert (told.status, "cat is not in the environment serving" in told.stderr) == (0, True)
    pure = harness(repository, "shell", "--pure", "serving", "--", "cat", "/dev/null")
    assert pure.status == 2
    program = "import os; print(os.environ['PATH'])"
    path = harness(repository, "shell", "--pure", "serving", "--", "python", "-c", program).stdout
    assert all(one.startswith("/nix/store/") for one in path.strip().split(":"))


def test_a_check_that_fails_is_a_result_with_its_log_its_report_and_what_it_kept(
    repository: Path,
) -> None:
    completed = harness(repository, "test", "--json")
    assert completed.status == 1
    checks = {check["name"]: check for check in json.loads(completed.stdout)["checks"]["serving"]}
    assert {name: check["holds"] for name, check in checks.items()} == {
        "imports": True,
        "pip-check": True,
        "command-fine": True,
        "command-wrong": False,
    }
    assert "what went wrong" in checks["command-wrong"]["log"]
    again = harness(repository, "test", "--junit", "tests.xml", "--keep", "kept")
    assert "what went wrong" in again.stdout
    assert 'git: not in the sandbox; debian-packages = ["git"]' in again.stdout
    assert (repository / "kept/serving/command-wrong/a").read_text() == "kept\n"
    report = (repository / "tests.xml").read_text()
    assert report.count("<testsuite ") == 4
    assert 'message="1 is 2"' in report
    assert 'message="the check command-wrong failed with status 127"' in report


def test_clean_releases_what_was_held(repository: Path) -> None:
    harness(repository, "build")
    released = json.loads(harness(repository, "clean", "--json").stdout)["released"]
    assert str(repository / ".harness/roots/serving/environment") in released
    assert not list((repository / ".harness/roots").rglob("environment"))


def test_a_stale_lock_is_told_and_not_verified(repository: Path) -> None:
    spec = repository / "envs/serving/env.toml"
    spec.write_text(spec.read_text().replace('"pandas"', '"pandas>=2"'))
    assert harness(repository, "lock", "--check").status == 1
    completed = harness(repository, "verify", "serving")
    assert completed.status == 2
    assert "run `harness lock serving`" in completed.stderr


def test_an_unknown_environment_is_an_input_error_with_a_suggestion(repository: Path) -> None:
    completed = harness(repository, "build", "servin", "--json")
    assert completed.status == 2
    assert json.loads(completed.stdout)["exit-code"] == 2
    assert "did you mean 'serving'?" in completed.stderr
    assert "Traceback" not in completed.stderr
    assert "Traceback" in harness(repository, "--debug", "build", "servin").stderr


def test_outside_of_a_repository_the_way_in_is_told(tmp_path: Path) -> None:
    completed = harness(tmp_path, "build")
    assert completed.status == 2
    assert "harness init" in completed.stderr
