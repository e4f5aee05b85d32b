import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InputError
from harness.project.core.own import Project, own
from harness.project.core.projects import declared, declares, with_own
from harness.project.core.spec import DependenciesFrom
from tests.damaged_documents import VALUES

_PROJECT = """
[project]
name = "Own_Name"
dependencies = ["numpy>=2", "click"]

[project.optional-dependencies]
serve = ["fastapi", "own-name[plots]"]
plots = ["matplotlib", "own.name[serve]"]
tests = ["pytest ; python_version > '3'"]

[dependency-groups]
dev = ["ruff", {include-group = "Lint"}]
lint = ["mypy", "numpy>=2"]
round = [{include-group = "again"}]
again = [{include-group = "round"}]
odd = [{include = "lint"}]
"""


def _declared(**wanted: Any) -> tuple[str, ...]:
    chosen = DependenciesFrom(file="pyproject.toml", **wanted)
    return declared(tomllib.loads(_PROJECT), chosen, "pyproject.toml")


def test_what_the_project_requires_comes_first_and_each_requirement_once() -> None:
    assert _declared() == ("numpy>=2", "click")
    assert _declared(groups=("dev",)) == ("numpy>=2", "click", "ruff", "mypy")
    assert _declared(project=False, groups=("lint",)) == ("mypy", "numpy>=2")


def test_an_extra_that_asks_for_another_of_the_project_brings_that_too() -> None:
    assert _declared(project=False, extras=("serve",)) == ("fastapi", "matplotlib")
    assert _declared(project=False, extras=("Tests",)) == ('pytest; python_version > "3"',)


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ({"extras": ("plot",)}, "optional-dependencies: no 'plot'; did you mean 'plots'"),
        ({"groups": ("test",)}, "dependency-groups: no 'test'"),
        ({"groups": ("round",)}, "dependency-groups: .*(C|c)yclic"),
        ({"groups": ("odd",)}, "dependency-groups: "),
    ],
)
def test_what_is_not_there_is_named(wanted: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError, match=rf"^pyproject\.toml: .*{problem}"):
        _declared(**wanted)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", r"no \[project\], which env.toml takes"),
        ("project = 1", "project: expected a table, found an integer"),
        ("[project]\ndynamic = ['dependencies']", "project.dependencies is dynamic"),
        ("[project]\ndependencies = 'numpy'", "project.dependencies: expected an array"),
        ("[project]\ndependencies = [1]", r"dependencies\[0\]: expected a string"),
        ("[project]\ndependencies = ['a', 'b=1']", r"dependencies\[1\]: 'b=1': .*write =="),
        ("[project]\noptional-dependencies = 1", "optional-dependencies: expected a table"),
        ("[project]\ndynamic = ['optional-dependencies']", "optional-dependencies is dynamic"),
    ],
)
def test_a_project_that_does_not_say_it_is_refused(text: str, problem: str) -> None:
    wanted = DependenciesFrom(file="p", extras=("x",) if "optional" in text else ())
    with pytest.raises(InputError, match=problem):
        declared(tomllib.loads(text), wanted, "p")


@given(
    document=st.fixed_dictionaries(
        {},
        optional={
            "project": st.dictionaries(
                st.sampled_from(["name", "dynamic", "dependencies", "optional-dependencies"]),
                VALUES,
            )
            | VALUES,
            "dependency-groups": st.dictionaries(st.sampled_from(["dev", "x"]), VALUES) | VALUES,
        },
    ),
    extras=st.sampled_from([(), ("x",)]),
    groups=st.sampled_from([(), ("dev",)]),
)
def test_whatever_stands_there_is_read_or_refused(
    document: dict[str, Any], extras: tuple[str, ...], groups: tuple[str, ...]
) -> None:
    told = ""
    try:
        declared(document, DependenciesFrom(file="p", extras=extras, groups=groups), "p")
    except InputError as error:
        told = str(error)
    assert not told or told.startswith("p: ")


@pytest.mark.parametrize(
    ("document", "known"),
    [
        ({"project": {}}, True),
        ({"project": {"dynamic": ["version"]}}, True),
        ({"project": {"dynamic": ["dependencies"]}}, False),
        ({}, False),
    ],
)
def test_what_a_project_requires_may_be_known_to_its_backend_alone(
    document: dict[str, Any], *, known: bool
) -> None:
    assert declares(document) is known


def test_who_asks_for_the_project_itself_asks_for_its_extras() -> None:
    project = Project(path="..", extras=("b",))
    found = own({"project": {"name": "own-name"}}, project, "pyproject.toml")
    assert with_own(["click", "Own.Name[a]", "own_name"], found) == (["click"], ("a", "b"))
