"""What the pages show is accepted: command lines by the parser, snippets by their format."""

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import harness
from harness.__main__ import cli

ROOT = Path(harness.__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
_BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\s*(?:\$ |- run: |- |entry: )?(harness [a-z].*)$", re.MULTILINE)
_ENDS = {"|", "||", "&&", ";", ">", ">>", "<", ">&2", "2>", "&"}
_READ = {"json": json.loads, "toml": tomllib.loads}


def _commands() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for kind, text in _BLOCK.findall(page.read_text()):
            if kind not in {"sh", "console", "yaml"}:
                continue
            for line in _COMMAND.findall(text.replace("\\\n", " ")):
                yield page.name, line


def _parsed(line: str) -> None:
    words = []
    for word in shlex.split(line, comments=True)[1:]:
        if word in _ENDS:
            break
        words.append(word)
    group: click.Group = cli
    with cli.make_context("harness", words[:1]) as context:
        while True:
            name, command, words = group.resolve_command(context, words)
            assert command
            if not isinstance(command, click.Group):
                break
            group = command
        try:
            command.make_context(name, words, parent=context)
        except click.MissingParameter:
            raise
        except click.BadParameter:  # a file that is not here
            pass


def test_the_pages_show_commands() -> None:
    assert len(list(_commands())) > 40


@pytest.mark.parametrize(("page", "line"), sorted(set(_commands())))
def test_a_command_that_a_page_shows_is_one(page: str, line: str) -> None:
    assert page
    _parsed(line)


def test_what_is_no_command_is_found() -> None:
    for line in (
        "harness verify --sarf a.sarif",
        "harness build --repar a",
        "harness add",
        "harness loc a",
    ):
        with pytest.raises(click.UsageError):
            _parsed(line)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_a_snippet_is_what_it_is_said_to_be(page: Path) -> None:
    for kind, text in _BLOCK.findall(page.read_text()):
        if kind in _READ:
            _READ[kind](text)
