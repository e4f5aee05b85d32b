"""What a person wrote wrong is told by every verb, at once, before anything is done."""

import copy
import json
import os
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

import harness
from harness.__main__ import cli
from harness.build.core.spec import TreeSpec
from harness.documents.decode import decode, require
from harness.documents.reference import example, inline
from harness.documents.schema import ANY, Row, rows, schema
from harness.errors import InputError
from harness.govern.declared import env_toml, repository, select, settings
from harness.host import process
from harness.project.core.bases import BASES

ROOT = Path(harness.__file__).parent.parent
_VERBS = {
    "add": ["a", "numpy"],
    "attest": ["a", "--key", "key.pem"],
    "build": ["a"],
    "fetch": ["a"],
    "image": ["a"],
    "lock": ["a"],
    "remove": ["a", "numpy"],
    "sbom": ["a"],
    "shadow": ["a"],
    "shell": ["a"],
    "test": ["a"],
    "verify": ["a"],
}
_LEAST = 'python = "3.11"\nbase = "debian:bookworm"\ndependencies = []\n'


@pytest.fixture(name="root")
def _root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "harness.toml").write_text("")
    _write(tmp_path, _LEAST)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _write(root: Path, text: str) -> None:
    (root / "envs/a").mkdir(parents=True, exist_ok=True)
    (root / "envs/a/env.toml").write_text(text)


def _refusal() -> str:
    with pytest.raises(InputError) as error:
        select(["a"])
    return str(error.value)


@pytest.mark.parametrize("verb", _VERBS)
def test_nothing_passes_over_a_mistyped_table(root: Path, verb: str) -> None:
    _write(root, f"{_LEAST}[check]\nimports = []\n")
    result = CliRunner().invoke(cli, [verb, *_VERBS[verb]])
    assert isinstance(result.exception, InputError)
    assert str(result.exception) == (
        "envs/a/env.toml: check: unknown key; did you mean 'checks'? (at line 4)"
    )


@pytest.mark.parametrize("verb", _VERBS)
def test_nothing_passes_over_a_mistyped_setting(root: Path, verb: str) -> None:
    (root / "harness.toml").write_text("record-url = true\n")
    result = CliRunner().invoke(cli, [verb, *_VERBS[verb]])
    assert isinstance(result.exception, InputError)
    assert str(result.exception) == (
        "harness.toml: record-url: unknown key; did you mean 'record-urls'?"
    )


def test_mistakes_of_all_tables_are_told_at_once(root: Path) -> None:
    _write(
        root,
        """
base = "debian:bookwurm"
python = 3.11
dependancies = []
[image]
comand = []
user = "Root"
[checks]
imports = "numpy"
[shadow]
production = "service:1"
recording = "traffic"
protocol = "mlflo"
rate = "fast"
[[benign]]
path = "a"
""",
    )
    base = f"base: 'debian:bookwurm': no such base; there are {', '.join(BASES)}"
    protocol = "shadow.protocol: 'mlflo': none of open-inference-v2, mlflow, json"
    missing = "dependencies: missing; expected an array of strings"
    rate = 'shadow.rate: expected 0 to 10000, or "recorded"'
    assert _refusal().split("\n") == [
        f"envs/a/env.toml: {line}"
        for line in (
            f"{base}; did you mean 'debian:bookworm'? (at line 2)",
            "python: expected a string, found a float ('3.11') (at line 3)",
            f"{missing}; is 'dependancies' meant? (at line 4)",
            "checks.imports: expected an array of strings, found a string ('numpy') (at line 9)",
            "image.command: missing; expected an array of strings; is 'comand' meant? (at line 6)",
            "image.user: 'Root': not the name of a user (at line 7)",
            "benign[0].field: missing; expected a string (at line 15)",
            "benign[0].reason: missing; expected a string (at line 15)",
            "benign[0].expires: missing; expected a string (at line 15)",
            f"{protocol}; did you mean 'mlflow'? (at line 13)",
            f"{rate}, found a string ('fast') (at line 14)",
        )
    ]


def test_a_table_that_nearly_all_lack_is_meant_where_it_is_mistyped(root: Path) -> None:
    _write(root, f"{_LEAST}[shadows]\n")
    assert _refusal() == "envs/a/env.toml: shadows: unknown key; did you mean 'shadow'? (at line 4)"


def test_a_flood_of_mistakes_is_cut(root: Path) -> None:
    _write(root, _LEAST + "".join(f"key{number} = 1\n" for number in range(5000)))
    lines = _refusal().split("\n")
    assert (len(lines), lines[-1]) == (21, "envs/a/env.toml: 4980 more")


def test_what_is_right_is_given(root: Path) -> None:
    _write(root, f"{_LEAST}[image]\ncommand = ['true']\n")
    (one,) = select([], repository())
    assert one.spec().dependencies == ()
    assert one.table(type(one.spec())) is one.spec()


_WHOLES = {"env.toml": schema(*env_toml()), "settings": schema(*settings())}
_OWNERS = {"env.toml": env_toml(), "settings": settings()}
_ROWS = [(name, row) for name, whole in _WHOLES.items() for row in rows(whole)]
_REQUIRED = [(name, row) for name, row in _ROWS if row.required]


def _filled(name: str, row: Row) -> dict[str, Any]:
    """A document with the example of a key, and with whatever is required beside it."""
    document = tomllib.loads(example(_WHOLES[name], row))
    for other_name, other in _REQUIRED:
        is_above = other.place[:-1] == row.place[: len(other.place) - 1]
        if other_name == name and (len(other.place) == 1 or is_above):
            _add(document, tomllib.loads(example(_WHOLES[name], other)))
    return document


def _add(into: Any, other: Any) -> None:
    for key, value in other.items():
        if isinstance(value, dict):
            _add(into.setdefault(key, {}), value)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            _add(into.setdefault(key, [{}])[0], value[0])
        else:
            into.setdefault(key, value)


@pytest.mark.parametrize(("name", "row"), _ROWS)
def test_the_example_of_each_key_is_valid(name: str, row: Row) -> None:
    document = _filled(name, row)
    require(_OWNERS[name], document, name)
    Draft202012Validator(_WHOLES[name]).validate(document)


@pytest.mark.parametrize(("name", "row"), _REQUIRED)
def test_a_required_key_is_missed(name: str, row: Row) -> None:
    document = _filled(name, row)
    table: Any = document
    for step in row.place[:-1]:
        table = table[next(iter(table)) if step == ANY else step]
    del table[row.place[-1]]
    with pytest.raises(InputError, match=rf"{row.place[-1]}: missing"):
        require(_OWNERS[name], document, name)
    assert not Draft202012Validator(_WHOLES[name]).is_valid(document)


@pytest.mark.parametrize(("name", "row"), [one for one in _ROWS if "default" in one[1].said])
def test_a_default_that_is_documented_is_what_holds(name: str, row: Row) -> None:
    """A document that says the default outright is the same as one that says nothing."""
    document = _filled(name, row)
    table: Any = document
    for step in row.place[:-1]:
        table = table[next(iter(table)) if step == ANY else step]
    key = str(row.place[-1])
    del table[key]
    unsaid = [decode(kind, copy.deepcopy(document), name) for kind in _OWNERS[name]]
    table[key] = tomllib.loads(f"x = {inline(row.said['default'])}")["x"]
    assert [decode(kind, document, name) for kind in _OWNERS[name]] == unsaid


@pytest.mark.parametrize("file", sorted((ROOT / "envs").glob("*/env.toml")), ids=str)
def test_an_editor_finds_nothing_wrong_in_our_own_environments(file: Path) -> None:
    Draft202012Validator(_WHOLES["env.toml"]).validate(tomllib.loads(file.read_text()))


def test_the_schema_that_is_published_is_one_and_is_ours() -> None:
    published = json.loads((ROOT / "docs/env.schema.json").read_text())
    Draft202012Validator.check_schema(published)
    del published["$schema"]
    assert published == _WHOLES["env.toml"]


def test_env_toml_is_read_once(root: Path) -> None:
    (one,) = select(["a"])
    (root / "envs/a/env.toml").unlink()
    assert one.spec().dependencies == ()
    assert one.table(TreeSpec).checks.imports == ()


def test_what_is_refused_before_anything_is_decoded_does_not_wait_for_pydantic(root: Path) -> None:
    for argv in (["--version"], ["verify", "nosuch"], ["lock", "nosuch"], ["init", "a/b"]):
        command = [sys.executable, "-X", "importtime", "-m", "harness", *argv]
        ended = process.run(command, env=dict(os.environ), cwd=root)
        assert "click" in ended.stderr
        assert "pydantic" not in ended.stderr
