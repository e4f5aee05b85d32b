"""Every command file is short, and every verb is found in the help by what one wants to do."""

import ast
from pathlib import Path

import pytest
from click.testing import CliRunner

import harness.commands
from harness.__main__ import cli
from harness.commands import GROUPS, VERBS

TOP = Path(harness.commands.__file__).parent


@pytest.mark.parametrize("path", sorted(TOP.rglob("*.py")), ids=lambda path: str(path.name))
def test_a_command_file_is_taken_in_at_one_look(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") < 80
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 40, node.name


def test_every_verb_stands_in_one_group_of_the_help() -> None:
    assert {path.stem for path in TOP.glob("[!_]*.py")} == set(VERBS)
    assert sum(map(len, GROUPS.values())) == len(VERBS)
    said = CliRunner().invoke(cli, ["-h"]).stdout
    places = [said.index(f"\n{title}:\n") for title in GROUPS]
    assert places == sorted(places)
    assert [verb for verb in VERBS if f"\n  {verb} " not in said] == []
