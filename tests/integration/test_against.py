"""`harness verify` with statements of others, and with differences that are declared benign."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.commands import attest, verify
from harness.formats.wording import spelled
from harness.verify.changes import changes
from tests.derivations import UNSTABLE
from tests.integration import test_verify
from tests.integration.test_verify import Repository
from tests.keys import KeyPair

pytestmark = pytest.mark.nix
repository = test_verify.repository


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(verify.command, arguments)


def _attested(directory: Path, *names: str) -> Path:
    """Let builders attest; return a trust file that names them."""
    trust = directory / "trust.toml"
    text = ""
    for name in names:
        pair = KeyPair.made(directory, name)
        argv = ["a", "--plain", "--key", str(pair.file), "--output", "statements"]
        CliRunner(catch_exceptions=False).invoke(attest.command, argv)
        text += f'[[trusted-keys]]\nbuilder = "{name}"\npublic-key = """\n{pair.public}"""\n'
    trust.write_text(text)
    return trust


def test_enough_builders_that_agree_are_the_same(repository: Repository, tmp_path: Path) -> None:
    repository.made_by("echo same > $out")
    trust = str(_attested(tmp_path, "ann", "bob"))
    result = _run("a", "--against", "statements", "--trust", trust)
    assert result.exit_code == 0
    assert "ann" in result.output
    told = _run("a", "--against", "statements", "--trust", trust, "--json")
    assert json.loads(told.stdout)["exit-code"] == 0


def test_without_a_trusted_key_nobody_is_asked(repository: Repository, tmp_path: Path) -> None:
    repository.made_by("echo same > $out")
    _attested(tmp_path, "ann")
    assert "no trusted keys" in str(_run("a", "--against", "statements").exception)
    assert _run("a", "--threshold", "1").exit_code == 2


def _declare(repository: Repository, path: str, field: str, days: int = 30) -> None:
    last = datetime.now(UTC).date() + timedelta(days=days)
    text = repository.environment.spec_path.read_text()
    repository.environment.spec_path.write_text(
        f'{text}\n[[benign]]\npath = "{path}"\nfield = "{field}"\n'
        f'reason = "a stamp that nobody reads"\nexpires = "{last}"\n'
    )


def test_a_declared_difference_does_not_fail_and_stays_visible(repository: Repository) -> None:
    repository.made_by(f"{UNSTABLE} > $out")
    for field in _fields():
        _declare(repository, ".", field)
    result = _run("a", "--plain")
    assert result.exit_code == 0
    assert "DIFFERENT" in result.output
    assert "nobody reads" in result.output


def test_a_declaration_that_expired_or_fits_nothing_is_an_error(repository: Repository) -> None:
    repository.made_by("echo same > $out")
    _declare(repository, "elsewhere", "line 1")
    assert "elsewhere" in str(_run("a", "--plain").exception)
    _declare(repository, "elsewhere", "line 2", days=-1)
    assert "expired" in str(_run("a", "--plain").exception)


def _fields() -> list[str]:
    """Return the fields in which the first and the rebuilt file differ."""
    (found,) = json.loads(_run("a", "--plain", "--json").stdout)["environments"]
    (output,) = [one for one in found["outputs"] if one["verdict"] == "DIFFERENT"]
    first, second = ({"out": tree} for tree in output["trees"])
    return [spelled(one.place) for one in changes(first, second, ("out", "."), 100)]
