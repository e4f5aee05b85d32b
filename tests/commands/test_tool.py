"""What `harness tool` sets up, tried as the programs that it is for would."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import harness
from harness.__main__ import cli
from harness.commands.parts.copied import warn_of_copy
from harness.project.library import LIBRARY, renew

_BASH = """
source <(harness tool completion bash)
COMP_WORDS=(harness {words}) COMP_CWORD={position}
_harness_completion harness
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture(name="repository")
def _repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("serving", "science"):
        (tmp_path / "envs" / name).mkdir(parents=True)
        (tmp_path / "envs" / name / "env.toml").write_text("")
    (tmp_path / "harness.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _completed(words: str, directory: Path) -> list[str]:
    script = _BASH.format(words=words, position=len(words.split()))
    bash = shutil.which("bash")
    assert bash
    completed = subprocess.run(
        [bash, "--norc", "-c", script],
        cwd=directory,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return completed.stdout.split()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ver", ["verify"]),
        ("build s", ["serving", "science"]),
        ("tool k", ["kernel"]),
        ("shell --p", ["--pure"]),
    ],
)
def test_bash_completes_verbs_options_and_environments(
    words: str, found: list[str], repository: Path
) -> None:
    assert sorted(_completed(words, repository)) == sorted(found)


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("shell", ["bash", "fish", "zsh"])
def test_each_shell_has_a_script(shell: str) -> None:
    result = CliRunner().invoke(cli, ["tool", "completion", shell])
    assert "_HARNESS_COMPLETE" in result.stdout


def test_outside_of_a_repository_no_environment_completes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert _completed("build s", tmp_path) == []


def test_a_copy_of_another_version_is_told_and_written_again(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    renew(repository)
    warn_of_copy(repository)
    assert capsys.readouterr().err == ""
    (repository / LIBRARY / "version.toml").write_text('version = "0.0.9"')
    warn_of_copy(repository)
    said = capsys.readouterr().err
    assert f"is that of harness 0.0.9, this is {harness.__version__}" in said
    assert "`harness tool library` writes it again" in said
    (repository / LIBRARY / "version.toml").unlink()
    warn_of_copy(repository)
    assert f"is not that of this harness, {harness.__version__}" in capsys.readouterr().err
    assert CliRunner().invoke(cli, ["tool", "library"]).stdout == f"wrote {LIBRARY}/version.toml\n"
    assert "is that of this harness" in CliRunner().invoke(cli, ["tool", "library"]).stdout
