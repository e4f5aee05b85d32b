from pathlib import Path

import pytest

import harness
from harness.build.core.spec import TreeSpec
from harness.errors import InputError
from harness.project.core.settings import Settings
from harness.project.repository import Repository, find_repository, repository_at
from harness.project.scaffold import begin

_SCHEMA = "envs/env.schema.json"
_WRITTEN = Settings(requires_harness=f">={harness.__version__}")


def _begin(directory: Path, name: str = "science", base: str = "debian:trixie") -> list[str]:
    begun = begin(
        directory, name, base=base, system="x86_64-linux", flake="git+https://git.invalid/harness"
    )
    return sorted(begun.written)


def test_an_empty_directory_becomes_a_repository(tmp_path: Path) -> None:
    written = [".gitignore", _SCHEMA, "envs/science/env.toml", "flake.nix", "harness.toml"]
    assert _begin(tmp_path) == written
    assert (tmp_path / ".gitignore").read_text() == ".harness/\n"
    assert (
        'inputs.harness.url = "git+https://git.invalid/harness";'
        in (tmp_path / "flake.nix").read_text()
    )
    (environment,) = find_repository(tmp_path).select(["science"])
    spec = environment.spec()
    assert (spec.python, spec.base.name, spec.targets) == (
        "3.13",
        "debian:trixie",
        ("x86_64-linux",),
    )
    assert repository_at(tmp_path).settings == _WRITTEN


def test_a_clone_has_all_that_its_flake_needs_and_no_path_of_this_machine(tmp_path: Path) -> None:
    begun = begin(tmp_path, "a", base="debian:trixie", system="x86_64-linux", flake=None)
    own = {path: (tmp_path / path).read_text() for path in begun.written}
    assert "import ./nix/harness" in own["flake.nix"]
    assert "nix/harness/default.nix" in own
    assert "nix/harness/builders/wheel.py" in own
    checkout = str(Path(harness.__file__).parent.parent)
    assert not [path for path, text in own.items() if checkout in text or str(tmp_path) in text]
    for path, text in own.items():
        if path.startswith("nix/harness/"):
            original = Path(harness.__file__).parent / path.replace("nix/harness", "nix")
            assert text == original.read_text()


def test_the_copy_of_the_library_is_as_new_as_the_last_init(tmp_path: Path) -> None:
    begin(tmp_path, "a", base="debian:trixie", system="x86_64-linux", flake=None)
    (tmp_path / "nix/harness/default.nix").write_text("older")
    begun = begin(tmp_path, "b", base="debian:trixie", system="x86_64-linux", flake=None)
    assert "flake.nix" not in begun.written
    assert (tmp_path / "nix/harness/default.nix").read_text() != "older"


def test_a_flake_that_is_there_gets_no_library_that_it_does_not_use(tmp_path: Path) -> None:
    (tmp_path / "flake.nix").write_text("{ }")
    begun = begin(tmp_path, "a", base="debian:trixie", system="x86_64-linux", flake=None)
    assert not [path for path in begun.written if path.startswith("nix/")]


@pytest.mark.parametrize(
    "flake",
    ["/opt/harness", "path:/opt/harness", "git+file:///opt/h", "~/h", "path:../h", "file:/h"],
)
def test_a_flake_of_this_machine_alone_is_refused(tmp_path: Path, flake: str) -> None:
    with pytest.raises(InputError, match="a path of this machine"):
        begin(tmp_path, "a", base="debian:trixie", system="x86_64-linux", flake=flake)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.o")
    (tmp_path / "flake.nix").write_text("{ }")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n')
    assert _begin(tmp_path) == [".gitignore", _SCHEMA, "envs/science/env.toml", "pyproject.toml"]
    assert (tmp_path / ".gitignore").read_text() == "*.o\n.harness/\n"
    assert (tmp_path / "flake.nix").read_text() == "{ }"
    assert (tmp_path / "pyproject.toml").read_text().startswith('[project]\nname = "x"\n\n[tool.h')
    assert repository_at(tmp_path).settings == _WRITTEN
    assert _begin(tmp_path, "other") == [_SCHEMA, "envs/other/env.toml"]


def test_an_editor_finds_the_schema_that_env_toml_names(tmp_path: Path) -> None:
    _begin(tmp_path)
    first, *_ = (tmp_path / "envs/science/env.toml").read_text().split("\n")
    named = first.removeprefix("#:schema ")
    published = Path(harness.__file__).parent.parent / "docs/env.schema.json"
    assert (tmp_path / "envs/science" / named).read_bytes() == published.read_bytes()


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


@pytest.mark.parametrize(
    "text", ["tool = 1", "[tool.harness]\nrecord-urls = 1", "[tool]\nharness = 1", "["]
)
def test_settings_that_are_not_valid_are_refused_or_absent(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    if text == "tool = 1":
        assert repository_at(tmp_path).settings == Settings()
    else:
        with pytest.raises(InputError, match=r"^pyproject\.toml: "):
            _ = repository_at(tmp_path).settings


def test_outside_of_any_repository_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not inside a repository"):
        find_repository(tmp_path)


def test_an_unknown_environment_gets_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no environment; `harness init` writes one"):
        Repository(root=tmp_path).select([])
    _begin(tmp_path)
    with pytest.raises(InputError, match="no environment 'sience'; did you mean 'science'"):
        Repository(root=tmp_path).select(["sience"])
    with pytest.raises(InputError, match="no environment 'envs/science/'; did you mean 'science'"):
        Repository(root=tmp_path).select(["envs/science/"])
    with pytest.raises(InputError, match="no environment 'zzz'; there are science"):
        Repository(root=tmp_path).select(["zzz"])


def test_an_environment_begins_with_what_the_project_declares(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "own"\nrequires-python = ">=3.12"\ndependencies = ["click"]\n'
        '[dependency-groups]\ndev = ["pytest"]\n'
    )
    begun = begin(tmp_path, "a", base=None, system="x86_64-linux", flake=None)
    assert (begun.base, begun.proposed) == ("debian:trixie", True)
    (environment,) = find_repository(tmp_path).select(["a"])
    assert environment.spec().dependencies == ("click", "pytest")
    assert environment.table(TreeSpec).checks.tests.keys() == {"unit"}


def test_without_a_project_an_environment_begins_empty(tmp_path: Path) -> None:
    begun = begin(tmp_path, "a", base=None, system="x86_64-linux", flake=None)
    assert (begun.base, begun.proposed) == ("debian:bookworm", False)


def test_an_environment_begins_from_a_file_of_another_tool(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "tests").mkdir()
    for name in ("app/__init__.py", "main.py", "conftest.py"):
        (tmp_path / name).touch()
    (tmp_path / "requirements.txt").write_text("pytest\n")
    (tmp_path / "environment.yml").write_text("dependencies:\n- python=3.13\n- pytest\n")
    begun = begin(tmp_path, "a", base=None, system="x86_64-linux", flake=None)
    assert (begun.base, begun.proposed, begun.source) == ("debian:trixie", False, "environment.yml")
    (environment,) = find_repository(tmp_path).select(["a"])
    unit = environment.table(TreeSpec).checks.tests["unit"]
    assert unit.command == "PYTHONPATH=. pytest tests"
    names = ("conftest.py", "app", "main.py", "tests")
    assert unit.inputs == tuple(f"../../{name}" for name in names)
    (tmp_path / "environment.yml").write_text("dependencies: {")
    begun = begin(tmp_path, "b", base=None, system="x86_64-linux", flake=None)
    assert (begun.base, begun.source) == ("debian:bookworm", "requirements.txt")


def test_what_the_project_declares_counts_and_its_lock_may_be_taken_over(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "own"\ndependencies = ["click"]\n')
    (tmp_path / "requirements.txt").write_text("pytest\n")
    begun = begin(tmp_path, "a", base=None, system="x86_64-linux", flake=None)
    assert (begun.proposed, begun.source) == (True, None)
    (tmp_path / "uv.lock").write_text("version = 1\n")
    begun = begin(tmp_path, "b", base=None, system="x86_64-linux", flake=None)
    assert (begun.proposed, begun.source) == (True, "uv.lock")
