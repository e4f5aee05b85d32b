import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.errors import InputError
from harness.project.core.spec import EnvSpec, spec_sha256
from harness.project.repository import (
    Environment,
    Repository,
    find_repository,
    repository_at,
    repository_root,
)

_SPEC = 'python = "3.11"\nbase = "debian:bookworm"\ndependencies = []\n'


def _written(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return _written(
        tmp_path,
        {"harness.toml": "", "envs/serving/env.toml": _SPEC, "envs/science/env.toml": _SPEC},
    )


def test_a_repository_is_found_from_anywhere_in_it(root: Path) -> None:
    assert find_repository(root / "envs/serving").root == root
    assert repository_root(root / "envs/serving") == root
    assert [one.name for one in find_repository(root).select([])] == ["science", "serving"]


def test_environments_are_selected_once_in_the_order_asked_for(root: Path) -> None:
    chosen = find_repository(root).select(["serving", "science", "serving"])
    assert [one.name for one in chosen] == ["serving", "science"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("servng", "did you mean 'serving'?"),
        ("envs/serving/", "did you mean 'serving'?"),
        ("zzz", "there are science, serving"),
    ],
)
def test_an_unknown_environment_is_told_with_what_there_is(
    root: Path, name: str, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        find_repository(root).select([name])
    assert said in str(caught.value)


def test_an_empty_repository_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no environment; `harness init` writes one"):
        repository_at(tmp_path).select([])


def test_a_directory_whose_name_ends_a_line_is_refused(root: Path) -> None:
    _written(root, {"envs/a\nb/env.toml": _SPEC})
    with pytest.raises(InputError, match="is not a valid environment name; rename the directory"):
        find_repository(root).environments()


def test_an_environment_that_a_link_puts_elsewhere_is_refused(root: Path, tmp_path: Path) -> None:
    outside = _written(tmp_path / "outside", {"env.toml": _SPEC})
    inside = root / "inside"
    inside.mkdir()
    repository = Repository(root=_written(inside, {"envs/own/env.toml": _SPEC}))
    (inside / "envs/linked").symlink_to(outside)
    with pytest.raises(InputError, match="linked: a link leads out of the repository"):
        repository.select(["linked"])
    assert [one.name for one in repository.select(["own"])] == ["own"]


@pytest.mark.parametrize(
    ("files", "directory"),
    [
        ({"pyproject.toml": "[tool.harness]\nenvironments = 'a'"}, "a"),
        ({"harness.toml": "environments = 'b'"}, "b"),
        (
            {
                "pyproject.toml": "[tool.harness]\nenvironments = 'a'",
                "harness.toml": "environments = 'b'",
            },
            "a",
        ),
        ({"pyproject.toml": "[project]\nname = 'x'", "harness.toml": ""}, "envs"),
        ({}, "envs"),
    ],
)
def test_settings_are_pyprojects_table_or_harness_toml(
    tmp_path: Path, files: dict[str, str], directory: str
) -> None:
    repository = repository_at(_written(tmp_path, files))
    assert repository.environments_directory == tmp_path / directory


def test_settings_that_are_no_table_are_named_by_their_place(tmp_path: Path) -> None:
    _written(tmp_path, {"pyproject.toml": "[tool]\nharness = 3"})
    with pytest.raises(InputError, match=r"^pyproject\.toml: tool\.harness: expected a table"):
        repository_at(tmp_path)


def test_env_toml_is_read_once_and_again_after_it_was_written(root: Path) -> None:
    (environment,) = find_repository(root).select(["serving"])
    assert environment.spec().dependencies == ()
    environment.spec_path.write_text(_SPEC.replace("[]", '["a"]'))
    assert environment.spec().dependencies == ()
    environment.write_spec(_SPEC.replace("[]", '["b"]').encode())
    assert environment.spec().dependencies == ("b",)


def test_a_missing_lock_names_the_command_that_makes_it(root: Path) -> None:
    (environment,) = find_repository(root).select(["serving"])
    with pytest.raises(InputError, match=r"envs/serving/pylock\.toml: missing; run `harness lock"):
        environment.require_lock()


def test_two_who_change_an_environment_wait_for_each_other(root: Path) -> None:
    (environment,) = find_repository(root).select(["serving"])
    waited, entered = threading.Event(), threading.Event()

    def change() -> None:
        again = Environment(environment.name, environment.directory, environment.repository)
        with again.changing(waited.set):
            entered.set()

    with environment.changing():
        other = threading.Thread(target=change)
        other.start()
        assert waited.wait(30)
        assert not entered.is_set()
    other.join(30)
    assert entered.is_set()


_FROM = """
python = "3.11"
base = "debian:bookworm"
dependencies = ["numpy"]

[[dependencies-from]]
file = "{file}"
groups = ["dev"]
"""


def _with_project(root: Path, file: str) -> Environment:
    (root / "envs/a").mkdir(parents=True)
    (root / "envs/a/env.toml").write_text(_FROM.format(file=file))
    (root / "pyproject.toml").write_text(
        '[project]\nname = "own"\ndependencies = ["click", "numpy"]\n'
        '[dependency-groups]\ndev = ["pytest"]\n'
    )
    (root / "link.toml").symlink_to("pyproject.toml")
    (root / "loop").symlink_to("loop")
    return Environment("a", root / "envs/a", root)


def test_dependencies_that_another_file_declares_are_the_environments(tmp_path: Path) -> None:
    environment = _with_project(tmp_path, "../../pyproject.toml")
    before = environment.spec()
    assert before.dependencies == ("numpy", "click", "pytest")
    project = tmp_path / "pyproject.toml"
    project.write_text(project.read_text().replace("pytest", "pytest>=8"))
    after = environment.spec()
    assert spec_sha256(after) != spec_sha256(before)
    project.write_text(f"{project.read_text()}[tool.other]\nx = 1\n")
    assert spec_sha256(environment.spec()) == spec_sha256(after)


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        ("../../../pyproject.toml", "leads out of the repository"),
        ("../../link.toml", "is a link"),
        ("../../loop", "is a link"),
        ("../../loop/pyproject.toml", "pyproject.toml: Too many levels of symbolic links"),
        ("../../none.toml", "none.toml"),
    ],
)
def test_no_other_file_than_the_repositorys_is_read(
    tmp_path: Path, file: str, problem: str
) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "other"\n')
    environment = _with_project(tmp_path / "repo", file)
    with pytest.raises(InputError, match=problem):
        environment.spec()


_OWN = """
python = "3.11"
base = "debian:bookworm"
dependencies = ["numpy", "own[plots]"]

[project]
path = "../.."
"""


def test_a_package_of_ones_own_brings_what_it_requires(tmp_path: Path) -> None:
    (tmp_path / "envs/a").mkdir(parents=True)
    (tmp_path / "envs/a/env.toml").write_text(_OWN)
    project = tmp_path / "pyproject.toml"
    project.write_text(
        '[project]\nname = "own"\ndependencies = ["click"]\n'
        '[project.optional-dependencies]\nplots = ["matplotlib"]\n'
    )
    environment = Environment("a", tmp_path / "envs/a", tmp_path)
    before = environment.spec()
    assert before.dependencies == ("numpy", "click", "matplotlib")
    assert before.own
    assert before.own.name == "own"
    project.write_text(project.read_text() + '[build-system]\nrequires = ["hatchling"]\n')
    assert spec_sha256(environment.spec()) != spec_sha256(before)
    project.write_text('[project]\nname = "own"\ndynamic = ["dependencies"]\n')
    assert environment.table(EnvSpec).own is None
    with pytest.raises(InputError, match=r"project.optional-dependencies: no 'plots'"):
        environment.spec()
