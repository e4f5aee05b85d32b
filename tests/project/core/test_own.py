import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from harness.documents.decode import decode
from harness.errors import InputError
from harness.project.core.own import BACKENDS, Own, Project, own, version_of
from harness.project.core.spec import EnvSpec
from tests.damaged_documents import VALUES

_PROJECT = Project(path="../..")


def _own(**document: Any) -> Own:
    return own({"project": {"name": "A.b_C"}, **document}, _PROJECT, "pyproject.toml")


def test_what_is_not_said_is_as_pep_517_has_it() -> None:
    found = _own()
    assert (found.name, found.backend) == ("a-b-c", "setuptools.build_meta:__legacy__")
    assert found.requires == ("setuptools>=40.8.0", "wheel")
    assert not found.from_git


def test_a_backend_that_asks_for_more_in_a_shell_gets_it() -> None:
    system = {"requires": ["hatchling"], "build-backend": "hatchling.build"}
    assert _own(**{"build-system": system}).requires == ("hatchling", "editables")


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ({"project": {"name": "One"}}, "one"),
        ({"tool": {"poetry": {"name": "Two"}}}, "two"),
        ({"tool": {"flit": {"metadata": {"module": "three"}}}}, "three"),
    ],
)
def test_the_name_is_found_where_each_tool_has_it(place: dict[str, Any], name: str) -> None:
    assert own(place, _PROJECT, "pyproject.toml").name == name


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({}, r"project.name: missing"),
        ({"project": {"name": "a b"}}, r"project.name: 'a b': no name"),
        ({"build-system": 1}, r"build-system: expected a table, found an integer"),
        ({"build-system": {"build-backend": 1}}, r"build-backend: expected a string"),
        ({"build-system": {"requires": "a"}}, r"requires: expected an array of strings"),
        ({"build-system": {"requires": [1]}}, r"requires: expected an array of strings"),
        ({"build-system": {"requires": ["a=1"]}}, r"'a=1': not a PEP 508 requirement"),
        ({"build-system": {"requires": ["a;" + "(" * 5000]}}, r"': not a PEP 508 requirement"),
        ({"build-system": {"requires": ["a @ file:///etc/a"]}}, r"'a @ file:.*an address begins"),
        (
            {"build-system": {"requires": [f"a @ git+https://h/a@{'4' * 40}"]}},
            r"what builds a package is no commit",
        ),
        ({"build-system": {"build-backend": "maturin"}}, r"maturin: it is written in Rust"),
    ],
)
def test_what_cannot_be_built_is_refused_by_its_place(
    document: dict[str, Any], problem: str
) -> None:
    with pytest.raises(InputError, match=f"pyproject.toml: .*{problem}"):
        own(document, _PROJECT, "pyproject.toml")


@pytest.mark.parametrize("dynamic", [True, False])
def test_a_version_comes_from_git_where_the_backend_asks_it_and_it_is_not_stated(
    *, dynamic: bool
) -> None:
    project = {"name": "a"} if dynamic else {"name": "a", "version": "1"}
    system = {"requires": ["hatchling", "hatch_vcs>=1"], "build-backend": "hatchling.build"}
    assert _own(project=project, **{"build-system": system}).from_git is dynamic
    plain = {"requires": ["hatchling"], "build-backend": "hatchling.build"}
    assert not _own(project={"name": "a"}, **{"build-system": plain}).from_git


def test_a_backend_is_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {**BACKENDS, "made": BACKENDS["mesonpy"]}
    monkeypatch.setattr("harness.project.core.own.BACKENDS", rows)
    system = {"requires": [], "build-backend": "made"}
    assert "compiled" in _own(**{"build-system": system}).known.not_editable
    assert _own().known.not_editable == ""


@pytest.mark.parametrize(
    ("tag", "commits", "version"),
    [
        ("v1.2.3", 0, "1.2.3"),
        ("v1.2.3", 2, "1.2.3.post2"),
        ("own-2.0rc1", 0, "2.0rc1"),
        ("1.0.post4", 1, "1.0.post4"),
        ("release/3.1", 1, "3.1.post1"),
        ("nightly", 1, "0.post1"),
        ("v1.2-beta-of-may", 1, "0.post1"),
        (None, 1, "0"),
    ],
)
def test_a_version_follows_from_what_git_describes(
    tmp_path: Path, tag: str | None, commits: int, version: str
) -> None:
    def git(*words: str) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
        argv = ["git", *who, *words]
        return subprocess.run(
            argv, cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout.strip()

    git("init", "-q")
    git("commit", "--allow-empty", "-qm", "first")
    if tag:
        git("tag", tag)
    for _ in range(commits):
        git("commit", "--allow-empty", "-qm", "next")
    made = version_of(git("describe", "--tags", "--long", "--always"))
    local = f"+g{git('rev-parse', '--short', 'HEAD')}" if commits else ""
    assert made == f"{version}{local}"
    assert Version(made) >= Version(version)


@given(st.none() | st.text())
def test_whatever_a_tag_is_called_there_is_a_version(described: str | None) -> None:
    Version(version_of(described))


@given(st.dictionaries(st.sampled_from(["project", "build-system", "tool"]), VALUES))
def test_whatever_stands_there_is_a_project_or_refused(document: dict[str, Any]) -> None:
    try:
        found = own(document, _PROJECT, "pyproject.toml")
    except InputError:
        return
    assert found.name


@pytest.mark.parametrize(
    ("backend", "requires", "compiles"),
    [
        ("flit_core.buildapi", ["flit_core"], False),
        ("hatchling.build", ["hatchling", "Cython>=3"], True),
        ("setuptools.build_meta", ["setuptools"], True),
        ("nobody.knows", [], True),
    ],
)
def test_a_pure_backend_compiles_only_with_what_it_requires(
    backend: str, requires: list[str], *, compiles: bool
) -> None:
    system = {"requires": requires, "build-backend": backend}
    assert _own(**{"build-system": system}).may_compile is compiles


@pytest.mark.parametrize(
    ("version", "problem"),
    [("1.4.0", ""), ("1.4.RC1", ""), ("may", "project.version: 'may': not a version by PEP 440")],
)
def test_a_version_that_is_stated_is_one(version: str, problem: str) -> None:
    document = {"project": {"path": "../..", "version": version}}
    spec = {"python": "3.11", "base": "debian:bookworm", "dependencies": [], **document}
    if problem:
        with pytest.raises(InputError, match=problem):
            decode(EnvSpec, spec, "env.toml")
        return
    project = decode(EnvSpec, spec, "env.toml").project
    assert project
    assert project.version == str(Version(version))
