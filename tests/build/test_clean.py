from pathlib import Path

import pytest

from harness.build.clean import clean
from harness.errors import InputError
from harness.project.repository import Environment


def link(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to("/nix/store/" + "0" * 32 + "-a")
    return path


def test_releases_what_holds_the_environment_its_inputs_and_differences(tmp_path: Path) -> None:
    environment = Environment("a", tmp_path / "envs/a", tmp_path)
    roots = [
        link(environment.roots / "environment"),
        link(environment.roots / "inputs/input-2"),
        link(environment.kept_below / "x-1/first"),
    ]
    kept = link(environment.kept_below / "x-1/rebuilt/first")
    other = link(Environment("b", tmp_path / "envs/b", tmp_path).roots / "environment")
    assert sorted(clean([environment])) == sorted(roots)
    assert not any(root.is_symlink() for root in roots)
    assert kept.is_symlink()
    assert other.is_symlink()


def test_an_environment_that_was_never_built_holds_nothing(tmp_path: Path) -> None:
    assert clean([Environment("a", tmp_path / "envs/a", tmp_path)]) == []


@pytest.mark.parametrize("at", ["roots/a", "roots", "roots/a/inputs"])
def test_links_behind_a_link_are_nobodys_to_release(tmp_path: Path, at: str) -> None:
    environment = Environment("a", tmp_path / "envs/a", tmp_path)
    victim = link(tmp_path / "victim/a/link").parent.parent
    way = tmp_path / ".harness" / at
    way.parent.mkdir(parents=True, exist_ok=True)
    way.symlink_to(victim)
    if at == "roots/a/inputs":
        assert clean([environment]) == []
    else:
        with pytest.raises(InputError, match="a link, and harness keeps nothing behind one"):
            clean([environment])
    assert (victim / "a/link").is_symlink()
