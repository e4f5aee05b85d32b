"""A base is one row: what is added to the table is known wherever bases are."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.__main__ import cli
from harness.documents.decode import decode
from harness.documents.schema import schema
from harness.errors import InputError
from harness.project.core.bases import BASES, Base, base_with
from harness.project.core.spec import EnvSpec
from harness.project.repository import find_repository

_FORKY = Base(name="debian:forky", python="3.14", suites=("forky", "forky-security"))
_SPEC = {"python": "3.14", "base": "debian:forky", "dependencies": []}


@pytest.fixture(autouse=True)
def _forky(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BASES, _FORKY.name, _FORKY)


def test_env_toml_may_name_it_and_has_its_suites() -> None:
    spec = decode(EnvSpec, _SPEC, "env.toml")
    assert (spec.base, spec.suites) == (_FORKY, ("forky", "forky-security"))


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"python": "3.10"},
            "debian:trixie+python3.12 3.12, debian:forky 3.14",
        ),
        ({"base": "debian:forkey"}, "python3.12, debian:forky; did you mean 'debian:forky'?"),
        (
            {"base": "debian:bookworm"},
            "not '3.14'; base = \"debian:forky\" has it",
        ),
        (
            {"python": "3.12"},
            'base = "debian:trixie+python3.12" has it',
        ),
        ({"suites": ["trixie"]}, "suites[0]: 'trixie': none of forky, forky-security"),
    ],
)
def test_mistakes_are_told_with_it(changes: dict[str, object], line: str) -> None:
    with pytest.raises(InputError) as error:
        decode(EnvSpec, _SPEC | changes, "env.toml")
    assert str(error.value).endswith(line)


def test_a_suite_is_of_the_base_that_has_it_or_of_the_first() -> None:
    assert base_with("forky-security") == _FORKY
    assert base_with("sid").name == "debian:bookworm"


def test_editors_propose_it() -> None:
    assert "debian:forky" in schema(EnvSpec)["properties"]["base"]["enum"]


def test_an_environment_may_begin_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["init", "a", "--base", "debian:forky"])
    assert result.exit_code == 0
    (environment,) = find_repository().select(["a"])
    assert environment.spec().base == _FORKY
    assert environment.spec().python == "3.14"
