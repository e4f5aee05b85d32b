"""A line of bash runs where its inputs are; of a check, what is known of it is written down."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.builders import Workbench

_PASSED = '<testcase classname="tests.test_a" name="test_one" time="0.1" />'
_FAILED = (
    '<testcase classname="tests.test_a" name="test_two" time="0.2">'
    '<failure message="assert 1 == 2">lines\nof it</failure></testcase>'
)
_SKIPPED = '<testcase name="test_three"><skipped type="pytest.skip" message="later" /></testcase>'
_BROKEN = (
    '<testcase name="test_four"><error type="SetupError" /><system-out>x</system-out></testcase>'
)


@pytest.fixture
def workbench(tmp_path: Path) -> Workbench:
    (tmp_path / "environment/bin").mkdir(parents=True)
    return Workbench(tmp_path)


def _cases(workbench: Workbench) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads((workbench.directory / "ran/cases.json").read_text())[
        "cases"
    ]
    return found


def _junit(tmp_path: Path, *cases: str) -> Path:
    path = tmp_path / "report.xml"
    whole = "".join(cases)
    path.write_text(f'<testsuites><testsuite name="pytest">{whole}</testsuite></testsuites>')
    return path


def _notebook(path: Path, *cells: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}))
    return path


def test_a_command_may_change_its_copies_of_the_repositorys_files(
    workbench: Workbench, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    (source / "below").mkdir(parents=True)
    (source / "below/a.txt").write_text("a\n")
    (source / "below/link").symlink_to("nowhere")
    (source / "below/a.txt").chmod(0o444)
    (source / "below").chmod(0o555)
    line = "echo b >> tests/below/a.txt; echo c > tests/below/new; read -r one < data; echo $one"
    completed = workbench.command(line, {"tests": source, "data": source / "below/a.txt"})
    assert completed.returncode == 0, completed.stderr
    assert completed.stdout == "a\n"
    assert (workbench.directory / "ran/status").read_text() == "0\n"
    assert (source / "below/a.txt").read_text() == "a\n"
    assert workbench.held().returncode == 0
    assert (workbench.directory / "check").readlink() == workbench.directory / "ran"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("git status", 'git: not in the sandbox; debian-packages = ["git"]'),
        (
            "\"$BASH\" -c 'git status' || exit 3",
            'git: not in the sandbox; debian-packages = ["git"]',
        ),
        ("pytest", "pytest: not in the sandbox; `harness add pytest`"),
        ("which git", "which: not in the sandbox; say `command -v`"),
        ("awk 1", 'awk: not in the sandbox; say `gawk`; debian-packages = ["gawk"]'),
        ("no-such", "no-such: not in the sandbox; a package brings it"),
        ("/opt/tool", "a program that it calls is not there; a package brings it"),
    ],
)
def test_a_program_that_is_not_there_is_named_with_what_brings_it(
    workbench: Workbench, line: str, said: str
) -> None:
    assert workbench.command(line).returncode == 0
    held = workbench.held()
    assert held.returncode == 1
    assert said in held.stdout
    assert "the check test-unit failed with status" in held.stderr
    assert not (workbench.directory / "check").exists()


def test_a_program_that_python_does_not_find_is_named(workbench: Workbench, tmp_path: Path) -> None:
    text = "FileNotFoundError: [Errno 2] No such file or directory: "
    told = f"<error>{text}'git' {text}'a.csv' {text}'python{{}}'</error>"
    report = _junit(tmp_path, f'<testcase name="a">{told}</testcase>')
    workbench.command('echo "$(<a.xml)" > $HARNESS_JUNIT/a.xml; false', {"a.xml": report})
    assert 'git: not in the sandbox; debian-packages = ["git"]' in workbench.held().stdout
    assert (workbench.directory / "ran/absent").read_text() == "git\n"


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ("#!/bin/greet", "greeted ./run"),
        ("#! /usr/bin/greet -x", "greeted -x ./run"),
        ("#!/usr/bin/env greet", "greeted ./run"),
        ("#!/usr/bin/env -S greet -x", "greeted -x ./run"),
    ],
)
@pytest.mark.parametrize("kind", ["test-unit", "artefact"])
def test_a_script_starts_the_program_of_path_that_it_names_by_its_usual_place(
    workbench: Workbench, tmp_path: Path, first: str, said: str, kind: str
) -> None:
    program = workbench.directory / "environment/bin/greet"
    program.write_text('#!/bin/sh\necho greeted "$@"\n')
    program.chmod(0o755)
    script = tmp_path / "script"
    script.write_text(f"{first}\nrest\n")
    script.chmod(0o555)
    assert workbench.command("./run", {"run": script}, kind=kind).stdout == f"{said}\n"


@pytest.mark.parametrize("first", ["#!/usr/bin/env A=b greet", "#!/opt/greet", "#!/bin/absent"])
def test_a_first_line_that_names_no_program_of_path_stays(
    workbench: Workbench, tmp_path: Path, first: str
) -> None:
    script = tmp_path / "script"
    script.write_text(f"{first}\n")
    script.chmod(0o755)
    assert workbench.command("read -r one < run; echo $one", {"run": script}).stdout == f"{first}\n"


def test_compiled_programs_start_the_bases_shell(workbench: Workbench) -> None:
    place = Path("made")  # as long as /bin; relative to where the builder runs
    (workbench.directory / place).mkdir()
    programs = workbench.directory / "environment/bin"
    starts, origin = b"\x7fELF..\0/bin/sh\0..", b"\x7fELF$ORIGIN\0/bin/sh\0"
    for name, content in (
        ("make", starts),
        ("bash", starts),
        ("python3.11", starts),
        ("bundled", origin),
        ("plain", b"\x7fELF"),
        ("script", b"#!/bin/sh\n/bin/sh\0"),
    ):
        (programs / name).write_bytes(content)
        (programs / name).chmod(0o755)
    completed = workbench.command('echo "${PATH%%:*}"', place=str(place))
    copies = workbench.directory / "ran-work/programs"
    assert completed.stdout == f"{copies}\n", completed.stderr
    assert [one.name for one in copies.iterdir()] == ["make"]
    assert (copies / "make").read_bytes() == starts.replace(b"/bin/sh", b"made/sh")
    shell = workbench.directory / place / "sh"
    assert shell.readlink() == workbench.base / "bin/bash"


def test_an_artefact_is_written_by_its_line(workbench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a\n")
    line = 'read -r one < ../data; echo $one > "$out"'
    completed = workbench.command(
        line, {"envs/data": tmp_path / "data"}, kind="artefact", directory="envs/one"
    )
    assert completed.returncode == 0, completed.stderr
    assert (workbench.directory / "ran").read_text() == "a\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("exit 3", "the artefact's command ended with status 3"),
        ("true", "the artefact's command did not write $out"),
        ("git log > $out", "git: command not found"),
    ],
)
def test_an_artefact_that_is_not_made_fails_its_build(
    workbench: Workbench, line: str, said: str
) -> None:
    completed = workbench.command(line, kind="artefact")
    assert completed.returncode == 1
    assert said in completed.stderr


def test_cases_of_a_report_are_kept_without_times_where_the_check_fails_too(
    workbench: Workbench, tmp_path: Path
) -> None:
    report = _junit(tmp_path, _PASSED, _FAILED, _SKIPPED, _BROKEN)
    line = 'echo "$PYTEST_ADDOPTS"; echo "$(<a.xml)" > $HARNESS_JUNIT/a.xml; exit 1'
    completed = workbench.command(line, {"a.xml": report})
    junit = workbench.directory / "ran-work/junit"
    assert completed.stdout.splitlines()[0] == f"--junitxml={junit}/pytest.xml"
    assert _cases(workbench) == [
        {"name": "tests.test_a.test_one", "outcome": "", "message": "", "text": ""},
        {
            "name": "tests.test_a.test_two",
            "outcome": "failure",
            "message": "assert 1 == 2",
            "text": "lines\nof it",
        },
        {"name": "test_three", "outcome": "skipped", "message": "later", "text": ""},
        {"name": "test_four", "outcome": "error", "message": "SetupError", "text": ""},
    ]
    held = workbench.held()
    assert "tests.test_a.test_two: assert 1 == 2\ntest_four: SetupError\n" in held.stdout
    assert "nix-store --read-log /nix/store/x-run.drv" in held.stdout


@pytest.mark.parametrize(
    "text", ["", "<testsuite>", '<!DOCTYPE a [<!ENTITY b "c">]><testsuite/>', "\0"]
)
def test_a_report_that_cannot_be_read_is_an_error_and_not_nothing(
    workbench: Workbench, tmp_path: Path, text: str
) -> None:
    (tmp_path / "a").write_text(text)
    workbench.command(
        "while read -r l; do echo $l; done < a > $HARNESS_JUNIT/a.xml || true",
        {"a": tmp_path / "a"},
    )
    (one,) = _cases(workbench)
    assert (one["name"], one["outcome"]) == ("a.xml", "error")
    assert "not a JUnit file" in one["message"]


def test_what_is_kept_are_files_and_a_notebooks_cells_are_cases(
    workbench: Workbench, tmp_path: Path
) -> None:
    ran = {"cell_type": "code", "source": "1\n", "execution_count": 1, "outputs": []}
    error = {
        "output_type": "error",
        "ename": "ValueError",
        "evalue": "bad",
        "traceback": ["\x1b[31mline 1\x1b[0m", "line 2"],
    }
    notebook = _notebook(
        tmp_path / "a.ipynb",
        {"cell_type": "markdown", "source": "# Title"},
        {**ran, "source": ["import a\n", "a()"], "metadata": {"execution": {"at": "12:00"}}},
        {**ran, "source": "b()", "outputs": [error]},
        {**ran, "source": "c()", "outputs": [error], "metadata": {"tags": ["raises-exception"]}},
        {**ran, "source": "d()", "execution_count": None},
        {**ran, "source": " "},
    )
    line = (
        "exec 3< a.ipynb; read -r text <&3 || true; mkdir() { :; }; "
        'echo "$text" > $HARNESS_KEEP/a.ipynb; echo x > $HARNESS_KEEP/plain; false'
    )
    workbench.command(line, {"a.ipynb": notebook})
    assert [(one["name"], one["outcome"], one["message"]) for one in _cases(workbench)] == [
        ("a.ipynb, In [1]: import a", "", ""),
        ("a.ipynb, In [2]: b()", "failure", "ValueError: bad"),
        ("a.ipynb, In [3]: c()", "", ""),
        ("a.ipynb, In [4]: d()", "skipped", "not run"),
    ]
    assert _cases(workbench)[1]["text"] == "line 1\nline 2"
    kept = workbench.directory / "ran/kept"
    assert (kept / "plain").read_text() == "x\n"
    assert json.loads((kept / "a.ipynb").read_text())["cells"][1]["metadata"] == {}
    assert "a.ipynb, In [2]: b(): ValueError: bad" in workbench.held().stdout


def test_links_are_not_kept(workbench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "make.py").write_text(
        "import os\n"
        "keep = os.environ['HARNESS_KEEP']\n"
        "os.symlink('/etc/passwd', keep + '/link')\n"
        "os.mkfifo(keep + '/pipe')\n"
        "open(keep + '/b.ipynb', 'w').write('[')\n"
    )
    program = workbench.base / "usr/bin"
    line = f"{program}/python* make.py"
    completed = workbench.command(line, {"make.py": tmp_path / "make.py"})
    assert completed.returncode == 0, completed.stderr
    assert [one.name for one in (workbench.directory / "ran/kept").iterdir()] == ["b.ipynb"]
    assert [one["message"] for one in _cases(workbench)] == ["not a notebook"]
