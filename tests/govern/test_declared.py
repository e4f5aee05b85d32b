"""What a person wrote wrong is told by every verb, at once, before anything is done."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.__main__ import cli
from harness.errors import InputError
from harness.govern.declared import repository, select

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
    assert str(result.exception) == ("envs/a/env.toml: check: unknown key; did you mean 'checks'?")


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
    base = "base: 'debian:bookwurm': no such base; there are debian:bookworm, debian:trixie"
    protocol = "shadow.protocol: 'mlflo': expected open-inference-v2 or mlflow or json"
    assert _refusal().split("\n") == [
        f"envs/a/env.toml: {line}"
        for line in (
            f"{base}; did you mean 'debian:bookworm'?",
            "python: expected a string, found a float ('3.11')",
            "dependencies: missing; expected an array of strings; is 'dependancies' meant?",
            "checks.imports: expected an array of strings, found a string ('numpy')",
            "image.command: missing; expected an array of strings; is 'comand' meant?",
            "image.user: 'Root': not the name of a user",
            "benign[0].field: missing; expected a string",
            "benign[0].reason: missing; expected a string",
            "benign[0].expires: missing; expected a string",
            f"{protocol}; did you mean 'mlflow'?",
            "shadow.rate: expected 0 to 10000, or \"recorded\", found a string ('fast')",
        )
    ]


def test_a_table_that_nearly_all_lack_is_meant_where_it_is_mistyped(root: Path) -> None:
    _write(root, f"{_LEAST}[shadows]\n")
    assert _refusal() == "envs/a/env.toml: shadows: unknown key; did you mean 'shadow'?"


def test_a_flood_of_mistakes_is_cut(root: Path) -> None:
    _write(root, _LEAST + "".join(f"key{number} = 1\n" for number in range(5000)))
    lines = _refusal().split("\n")
    assert (len(lines), lines[-1]) == (21, "envs/a/env.toml: 4980 more")


def test_what_is_right_is_given(root: Path) -> None:
    _write(root, f"{_LEAST}[image]\ncommand = ['true']\n")
    (one,) = select([], repository())
    assert one.spec().dependencies == ()
    assert one.table(type(one.spec())) is one.spec()
