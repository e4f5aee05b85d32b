from pathlib import Path

from harness.flows.clean import clean
from harness.flows.repository import Environment


def link(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to("/nix/store/" + "0" * 32 + "-a")
    return path


def test_releases_what_holds_the_environment_its_inputs_and_differences(tmp_path: Path) -> None:
    environment = Environment("a", tmp_path / "envs/a", tmp_path)
    roots = [
        link(environment.roots / "environment"),
        link(environment.roots / "inputs/input-2"),
        link(environment.evidence / "x-1/first"),
    ]
    kept = link(environment.evidence / "x-1/rebuilt/first")
    other = link(Environment("b", tmp_path / "envs/b", tmp_path).roots / "environment")
    assert sorted(clean([environment])) == sorted(roots)
    assert not any(root.is_symlink() for root in roots)
    assert kept.is_symlink()
    assert other.is_symlink()


def test_an_environment_that_was_never_built_holds_nothing(tmp_path: Path) -> None:
    assert clean([Environment("a", tmp_path / "envs/a", tmp_path)]) == []
