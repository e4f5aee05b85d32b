from pathlib import Path

import pytest

from harness.core.settings import Settings
from harness.errors import InputError
from harness.flows.repository import Repository, find_repository, read_settings
from harness.flows.scaffold import begin


def _begin(directory: Path, name: str = "science", base: str = "debian:trixie") -> list[str]:
    begun = begin(directory, name, base=base, system="x86_64-linux", flake="path:/harness")
    return sorted(begun.written)


def test_an_empty_directory_becomes_a_repository(tmp_path: Path) -> None:
    written = [".gitignore", "envs/science/env.toml", "flake.nix", "harness.toml"]
    assert _begin(tmp_path) == written
    assert (tmp_path / ".gitignore").read_text() == ".harness/\n"
    assert 'inputs.harness.url = "path:/harness";' in (tmp_path / "flake.nix").read_text()
    (environment,) = find_repository(tmp_path).select(["science"])
    spec = environment.spec()
    assert (spec.python, spec.base.name, spec.targets) == (
        "3.13",
        "debian:trixie",
        ("x86_64-linux",),
    )
    assert read_settings(tmp_path) == Settings()


def test_what_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.o")
    (tmp_path / "flake.nix").write_text("{ }")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n')
    assert _begin(tmp_path) == [".gitignore", "envs/science/env.toml", "pyproject.toml"]
    assert (tmp_path / ".gitignore").read_text() == "*.o\n.harness/\n"
    assert (tmp_path / "flake.nix").read_text() == "{ }"
    assert (tmp_path / "pyproject.toml").read_text().startswith('[project]\nname = "x"\n\n[tool.h')
    assert read_settings(tmp_path) == Settings()
    assert _begin(tmp_path, "other") == ["envs/other/env.toml"]


def test_settings_of_the_repository_say_where_environments_live(tmp_path: Path) -> None:
    (tmp_path / "harness.toml").write_text('environments = "deploy/envs"\n')
    below = tmp_path / "some" / "directory"
    below.mkdir(parents=True)
    assert "deploy/envs/science/env.toml" in _begin(below)
    assert "environments = ./deploy/envs;" in (tmp_path / "flake.nix").read_text()


@pytest.mark.parametrize(
    ("name", "base", "problem"),
    [
        ("../x", "debian:trixie", "an environment's name has"),
        ("", "debian:trixie", "an environment's name has"),
        ("x", "debian:buster", "no base 'debian:buster'"),
    ],
)
def test_what_cannot_begin_writes_nothing(
    tmp_path: Path, name: str, base: str, problem: str
) -> None:
    with pytest.raises(InputError, match=problem):
        _begin(tmp_path, name, base)
    assert list(tmp_path.iterdir()) == []


def test_an_environment_is_never_overwritten(tmp_path: Path) -> None:
    _begin(tmp_path)
    with pytest.raises(InputError, match="'science' is there already"):
        _begin(tmp_path)


@pytest.mark.parametrize("text", ["tool = 1", "[tool.harness]\nrecord-url = true", "["])
def test_settings_that_are_not_valid_are_refused_or_absent(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    if text == "tool = 1":
        assert read_settings(tmp_path) == Settings()
    else:
        with pytest.raises(InputError, match=r"^pyproject\.toml: "):
            read_settings(tmp_path)


def test_outside_of_any_repository_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not inside a repository"):
        find_repository(tmp_path)


def test_an_unknown_environment_gets_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no environment; `harness init` writes one"):
        Repository(root=tmp_path).select([])
    _begin(tmp_path)
    with pytest.raises(InputError, match="no environment 'sience'; did you mean 'science'"):
        Repository(root=tmp_path).select(["sience"])
    with pytest.raises(InputError, match="no environment 'zzz'; there are science"):
        Repository(root=tmp_path).select(["zzz"])
