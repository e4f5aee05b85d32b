import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.build.core.image import Imaged
from harness.build.core.spec import TreeSpec
from harness.documents.decode import decode
from harness.errors import InputError
from harness.project.core.proposal import base_for, propose, propose_around
from harness.project.core.spec import EnvSpec
from tests.damaged_documents import VALUES

_PROJECT = """
[project]
name = "Own.Package"
requires-python = ">=3.12"
dependencies = ["click"]

[project.optional-dependencies]
tests = ["hypothesis"]

[dependency-groups]
dev = ["pytest"]
"""
_BEGIN = 'python = "3.11"\nbase = "debian:bookworm"\ndependencies = []\n'


def _proposed(*beside: str, text: str = _PROJECT) -> dict[str, Any]:
    return tomllib.loads(propose(tomllib.loads(text), beside, "../../"))


def test_dependencies_stay_where_they_are_declared() -> None:
    (one,) = _proposed()["dependencies-from"]
    assert one == {"file": "../../pyproject.toml", "groups": ["dev"], "extras": ["tests"]}
    assert decode(EnvSpec, tomllib.loads(_BEGIN) | _proposed(), "env.toml").dependencies_from


@pytest.mark.parametrize(
    ("beside", "command", "inputs"),
    [
        (("src", "tests"), "PYTHONPATH=src pytest tests", ["src", "tests"]),
        (
            ("own_package", "test", "conftest.py"),
            "PYTHONPATH=. pytest test",
            ["conftest.py", "own_package", "test"],
        ),
    ],
)
def test_tests_that_are_there_become_a_check(
    beside: tuple[str, ...], command: str, inputs: list[str]
) -> None:
    unit = _proposed(*beside)["checks"]["tests"]["unit"]
    wanted = ["../../pyproject.toml", *(f"../../{one}" for one in inputs)]
    assert unit == {"command": command, "inputs": wanted}


_BUILT = (
    _PROJECT
    + """
[project.scripts]
serve = "own:serve"
"Own.Package" = "own:main"
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
"""
)


def test_a_package_that_can_be_built_is_a_part_and_gets_tests_and_an_image() -> None:
    proposed = _proposed("tests", "conftest.py", text=_BUILT)
    assert proposed["project"] == {"path": "../.."}
    (others,) = proposed["dependencies-from"]
    assert (others["project"], others["groups"], others["extras"]) == (False, ["dev"], ["tests"])
    unit = proposed["checks"]["tests"]["unit"]
    assert unit["command"] == "pytest tests"
    assert unit["inputs"] == ["../../pyproject.toml", "../../conftest.py", "../../tests"]
    assert proposed["image"] == {"command": ["Own.Package"]}
    for kind in (EnvSpec, TreeSpec, Imaged):
        decode(kind, tomllib.loads(_BEGIN) | proposed, "env.toml")


@pytest.mark.parametrize(
    ("old", "new", "program"),
    [('"Own.Package" =', "other =", "serve"), ("[project.scripts]", "[tool.other]", "python")],
)
def test_an_image_runs_a_program_of_the_project_or_python(old: str, new: str, program: str) -> None:
    assert _proposed(text=_BUILT.replace(old, new))["image"] == {"command": [program]}


def test_what_is_built_by_rust_is_no_part() -> None:
    text = _BUILT.replace("hatchling.build", "maturin")
    assert {"project", "image"} & _proposed("src", "tests", text=text).keys() == set()


def test_without_groups_and_extras_nothing_more_is_required() -> None:
    text = _BUILT.replace("optional-dependencies", "urls").replace("dependency-groups", "tool.a")
    assert "dependencies-from" not in _proposed(text=text)


@pytest.mark.parametrize("beside", [(), ("tests",), ("src",), ("other", "tests")])
def test_without_tests_or_code_there_is_no_check(beside: tuple[str, ...]) -> None:
    assert "checks" not in _proposed(*beside)
    assert "checks" not in _proposed("src", "tests", text='[project]\nname = "a"\n')


@pytest.mark.parametrize("text", ["", "[project]\ndynamic = ['dependencies']", "project = 1"])
def test_a_project_that_declares_nothing_proposes_nothing(text: str) -> None:
    assert _proposed("src", "tests", text=text) == {}


@pytest.mark.parametrize(
    ("wanted", "base"),
    [
        (">=3.11", "debian:bookworm"),
        (">=3.12", "debian:trixie"),
        ("==3.13.*", "debian:trixie"),
        ("==3.12.*", "debian:trixie+python3.12"),
        (">=3.11.4,<3.12", "debian:bookworm"),
        ("not one", None),
        (f">={'9' * 5000}", None),
    ],
)
def test_the_base_is_one_that_the_project_can_run_on(wanted: str, base: str | None) -> None:
    assert base_for({"project": {"requires-python": wanted}}) == base
    assert base_for({"project": {}}) is None


def test_a_python_that_no_base_has_is_refused() -> None:
    with pytest.raises(InputError, match=r"requires-python: ==3.10.\*: the bases have 3.11"):
        base_for({"project": {"requires-python": "==3.10.*"}})


@given(st.dictionaries(st.sampled_from(["project", "dependency-groups", "build-system"]), VALUES))
def test_whatever_stands_in_a_project_proposes_toml_or_nothing(document: dict[str, Any]) -> None:
    tomllib.loads(propose(document, {"src", "tests"}, "../../"))


@pytest.mark.parametrize(
    ("beside", "command", "inputs"),
    [
        (("src", "tests", "pytest.ini"), "PYTHONPATH=src pytest tests", ["pytest.ini", "src"]),
        (
            ("test", "a.py", "pyproject.toml"),
            "PYTHONPATH=. pytest test",
            ["pyproject.toml", "a.py"],
        ),
    ],
)
def test_tests_beside_another_tool_s_file_become_a_check(
    beside: tuple[str, ...], command: str, inputs: list[str]
) -> None:
    text = propose_around({"pytest"}, ["a.py", "conftest.py"], beside, "../")
    unit = tomllib.loads(text)["checks"]["tests"]["unit"]
    tests = next(one for one in beside if one.startswith("test"))
    assert unit == {"command": command, "inputs": [f"../{one}" for one in (*inputs, tests)]}
    image = {"image": {"command": ["python"]}}
    assert tomllib.loads(propose_around({"nose"}, [], beside, "../")) == image
    assert tomllib.loads(propose_around({"pytest"}, [], ["src"], "../")) == image
