"""What an environment of a repository that has a pyproject.toml is likely to be for.

A proposal is TOML to be read and changed by a person: dependencies that stay where they are
declared, the package itself if there is one, the tests that are there as a check, and an image.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from harness.errors import InputError
from harness.project.core.bases import BASES
from harness.project.core.own import Project, own
from harness.project.core.projects import declared
from harness.project.core.spec import DependenciesFrom

_PROJECT = "pyproject.toml"
_FOR_TESTS = ("dev", "test", "tests", "testing")
"""Groups and extras whose requirements those have who work on a project."""
_TESTS = ("tests", "test")
_MORE = ("conftest.py", "pytest.ini")
_LONGEST = 500
"""Characters of versions: Python refuses to count with numbers of thousands of digits."""


_IMAGE = ("", "[image]", 'command = ["python"]')
"""Enough for an image of the environment, which starts an interpreter."""


def propose_around(
    names: Collection[str], code: Sequence[str], beside: Collection[str], up: str
) -> str:
    """Return what to add to an env.toml whose dependencies come from another tool's file.

    That is an image, and the tests that are there as a check, where pytest is among the packages.
    `code` are the modules and packages that stand beside the tests.
    """
    tests = next((one for one in _TESTS if one in beside), None)
    if tests is None or "pytest" not in names:
        return _lines(_IMAGE)
    found = ["src"] if "src" in beside else [one for one in code if one not in {tests, *_MORE}]
    more = [one for one in (_PROJECT, *_MORE) if one in beside]
    path = "src" if "src" in beside else "."
    return _lines((*_check(tests, path, [*more, *found, tests], up), *_IMAGE))


def _lines(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def propose(document: Mapping[str, Any], beside: Collection[str], up: str) -> str:
    """Return what to add to an env.toml; nothing where the project declares no requirements.

    `beside` are the names that stand beside pyproject.toml; `up` leads there from env.toml.
    """
    is_own = _is_own(document, up)
    wanted = DependenciesFrom(
        file=f"{up}{_PROJECT}",
        project=not is_own,
        groups=_known(document.get("dependency-groups")),
        extras=_known(_project(document).get("optional-dependencies")),
    )
    try:
        requirements = declared(document, wanted, _PROJECT)
    except InputError:
        return ""
    lines = ["", "[project]", f"path = {_toml(up.removesuffix('/'))}"] if is_own else []
    if wanted.project or wanted.groups or wanted.extras:
        lines += ["", "[[dependencies-from]]", f"file = {_toml(wanted.file)}"]
        lines += ["project = false"] if is_own else []
    lines += [
        f"{key} = {_toml(names)}"
        for key, names in (("extras", wanted.extras), ("groups", wanted.groups))
        if names
    ]
    if "pytest" in {canonicalize_name(Requirement(one).name) for one in requirements}:
        lines += _tests(document, beside, up, is_own=is_own)
    if is_own:
        lines += ["", "[image]", f"command = {_toml([_program(document)])}"]
    return _lines(lines)


def _is_own(document: Mapping[str, Any], up: str) -> bool:
    """Return whether a pyproject.toml is that of a package which can be built."""
    try:
        known = own(document, Project(path=up.removesuffix("/")), _PROJECT)
    except InputError:
        return False
    return "build-system" in document and bool(known.requires)


def _program(document: Mapping[str, Any]) -> str:
    """Return what an image of the project runs: its program, if it has one."""
    scripts = _project(document).get("scripts")
    names = [*scripts] if isinstance(scripts, Mapping) else []
    name = _project(document).get("name")
    return str(name if name in names else next(iter(names), "python"))


def base_for(document: Mapping[str, Any]) -> str | None:
    """Return the first base whose Python a project can run on; None where it does not say.

    Raises:
        InputError: none of them has such a Python.

    """
    text = _project(document).get("requires-python")
    try:
        wanted = SpecifierSet(text) if isinstance(text, str) and len(text) <= _LONGEST else None
    except InvalidSpecifier:
        wanted = None
    if wanted is None:
        return None
    if found := base_with(wanted):
        return found
    known = ", ".join(f"{base.python} ({name})" for name, base in BASES.items())
    raise InputError(f"{_PROJECT}: project.requires-python: {text}: the bases have {known}")


def base_with(wanted: SpecifierSet) -> str | None:
    """Return the first base that has one of these Pythons."""
    return next((name for name, base in BASES.items() if is_for(wanted, base.python)), None)


def is_for(wanted: SpecifierSet, python: str) -> bool:
    """Return whether a Python, as MAJOR.MINOR, is among those that are asked for."""
    return wanted.contains(f"{python}.99") or wanted.contains(python)


def _project(document: Mapping[str, Any]) -> Mapping[str, Any]:
    project = document.get("project")
    return project if isinstance(project, Mapping) else {}


def _toml(value: object) -> str:
    """Return a string or a list of strings as TOML in one line."""
    return json.dumps(value, ensure_ascii=False)


def _known(table: Any) -> tuple[str, ...]:
    return tuple(one for one in _FOR_TESTS if isinstance(table, Mapping) and one in table)


def _tests(
    document: Mapping[str, Any], beside: Collection[str], up: str, *, is_own: bool
) -> Sequence[str]:
    """Return the tests that are there as a check, where the code that they are of is found."""
    name = str(_project(document).get("name", ""))
    tests = next((one for one in _TESTS if one in beside), None)
    package = canonicalize_name(name).replace("-", "_")
    code, path = ("src", "src") if "src" in beside else (package, ".")
    if tests is None or not (is_own or code in beside):
        return ()
    more = [one for one in _MORE if one in beside]
    inputs = [_PROJECT, *more, *([] if is_own else [code]), tests]
    return _check(tests, "" if is_own else path, inputs, up)


def _check(tests: str, path: str, inputs: Sequence[str], up: str) -> Sequence[str]:
    command = f"PYTHONPATH={path} pytest {tests}" if path else f"pytest {tests}"
    return (
        "",
        "[checks.tests.unit]",
        f"command = {_toml(command)}",
        f"inputs = {_toml([f'{up}{one}' for one in inputs])}",
    )
