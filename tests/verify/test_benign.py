from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from harness.errors import InputError
from harness.project.repository import Environment
from harness.verdict import Verdict
from harness.verify.benign import covered, declared
from harness.verify.core.benign import Benign
from harness.verify.core.verdict import OutputResult, Verification
from tests.attest.core.samples import CONDITIONS

_OUTPUT = "/nix/store/1-tool"


def _verification(*trees: Path, verdict: Verdict = Verdict.DIFFERENT) -> Verification:
    result = OutputResult(
        derivation=f"{_OUTPUT}.drv",
        output="out",
        path=_OUTPUT,
        verdict=verdict,
        trees=(str(trees[0]), str(trees[1])) if trees else None,
    )
    return Verification(environment="a", conditions=CONDITIONS, jobs=1, results=(result,))


def _benign(path: str, field: str, expires: date = date.max) -> Benign:
    return Benign(path=path, field=field, reason="known", expires=expires)


@pytest.fixture
def trees(tmp_path: Path) -> tuple[Path, Path]:
    """Two trees that differ in the second line of a file."""
    found = tmp_path / "first", tmp_path / "rebuilt"
    for tree, word in zip(found, ("one", "two"), strict=True):
        (tree / "doc").mkdir(parents=True)
        (tree / "doc" / "a.txt").write_text(f"same\n{word}\nsame\n")
        (tree / "same").write_text("same")
    return found


def test_covers_the_field_that_a_report_names(trees: tuple[Path, Path]) -> None:
    one = _benign("doc/a.txt", "line 2, word 1")
    found = covered(_verification(*trees), [one])
    assert found.covered == {_OUTPUT}
    assert found.found == {one: (_OUTPUT,)}


def test_does_not_cover_another_difference(trees: tuple[Path, Path]) -> None:
    (trees[1] / "same").write_text("not the same")
    found = covered(_verification(*trees), [_benign("doc/a.txt", "line 2, word 1")])
    assert (found.covered, len(found.found)) == (frozenset(), 1)


def test_does_not_cover_a_file_that_is_only_in_one_of_them(trees: tuple[Path, Path]) -> None:
    (trees[1] / "new").write_text("")
    assert not covered(_verification(*trees), [_benign("doc/a.txt", "line 2, word 1")]).covered


def test_does_not_cover_what_cannot_be_read(trees: tuple[Path, Path]) -> None:
    found = _verification(trees[0], trees[1] / "missing")
    assert not covered(found, [_benign("doc/a.txt", "line 2, word 1")]).covered


def test_does_not_cover_what_was_not_kept() -> None:
    assert not covered(_verification(), [_benign("doc/a.txt", "line 2, word 1")]).covered


def test_does_not_look_where_nothing_is_declared() -> None:
    assert not covered(_verification(Path("/missing"), Path("/missing")), []).found


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    directory = tmp_path / "envs" / "a"
    directory.mkdir(parents=True)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()
    (directory / "env.toml").write_text(
        'python = "3.11"\nbase = "debian:bookworm"\ndependencies = []\n'
        '[[benign]]\npath = "a"\nfield = "line 1"\nreason = "known"\n'
        f'expires = "{tomorrow}"\n'
    )
    return Environment("a", directory, tmp_path)


def test_an_environment_declares_for_itself(environment: Environment) -> None:
    assert [one.path for one in declared(environment)] == ["a"]


def test_a_trust_file_declares_in_its_place(environment: Environment) -> None:
    other = _benign("b", "line 2, word 1")
    assert declared(environment, (other,)) == (other,)
    assert declared(environment, ()) == ()


def test_what_has_expired_is_an_error_before_anything_is_built(environment: Environment) -> None:
    text = environment.spec_path.read_text()
    environment.spec_path.write_text(text[: text.index("expires")] + 'expires = "2001-01-01"\n')
    with pytest.raises(InputError, match=r"envs/a/env.toml: benign: .* expired on 2001-01-01"):
        declared(environment)
