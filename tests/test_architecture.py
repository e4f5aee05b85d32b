"""The map in docs/architecture.md is what the tree is, and the rooms keep their order."""

import ast
import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import grimp
import pytest

import harness

TOP = Path(harness.__file__).parent
ROOT = TOP.parent
PAGE = (ROOT / "docs/architecture.md").read_text()
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())
PURE = ("documents", "formats", "render", "verdict")


def _packages() -> dict[str, str]:
    """Each package of Python by its path below harness/, and the first line of what it says."""
    return {
        str(path.parent.relative_to(TOP)): _first_line(path)
        for path in TOP.rglob("__init__.py")
        if path.parent != TOP
    }


def _first_line(path: Path) -> str:
    return (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n")[0]


def _order() -> list[str]:
    (layers,) = (
        contract["layers"]
        for contract in SETTINGS["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    )
    return [name.removeprefix("harness.") for name in reversed(layers)]


def _is_pure(package: str) -> bool:
    return package.split("/", maxsplit=1)[0] in PURE or "core" in package.split("/")


def test_the_map_lists_each_room_with_its_promise_in_the_order_that_holds() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE, re.MULTILINE)
    rooms = [name for name in _order() if name != "__main__"]
    says = {**_packages(), **{path.stem: _first_line(path) for path in TOP.glob("*.py")}}
    assert rows == [(room, says[room]) for room in rooms]


def test_every_room_has_a_place_in_the_order() -> None:
    files = {path.stem for path in TOP.glob("*.py")} - {"__init__"}
    assert {name.split("/")[0] for name in _packages()} | files == set(_order())


def test_every_change_has_a_place_that_is_there() -> None:
    rows = re.findall(
        r"^\| (?:an?|the|how|what|retries)\b.* \| `(harness/\S+)` \|$", PAGE, re.MULTILINE
    )
    assert len(rows) > 20
    assert [path for path in rows if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("package", sorted(_packages()))
def test_every_package_says_what_it_promises(package: str) -> None:
    assert _packages()[package].endswith(".")


def test_no_room_but_the_verbs_has_more_modules_than_a_person_takes_in() -> None:
    modules = {package: len(list((TOP / package).glob("[!_]*.py"))) for package in _packages()}
    del modules["commands"]
    assert {package: count for package, count in modules.items() if count > 17} == {}


def test_coverage_is_asked_of_all_that_is_pure() -> None:
    asked = SETTINGS["tool"]["coverage"]["run"]["source"]
    rooms = {*_packages(), *(path.stem for path in TOP.glob("*.py"))}
    tops = {_top_of_pure(room) for room in rooms if _is_pure(room)}
    assert {f"harness.{top.replace('/', '.')}" for top in tops} == set(asked)


def _top_of_pure(package: str) -> str:
    room, _, _ = package.partition("/")
    return room if room in PURE else f"{room}/core"


def test_what_is_pure_uses_only_what_is_pure() -> None:
    graph = grimp.build_graph("harness")
    pure = {
        module
        for module in graph.modules
        if _is_pure(module.removeprefix("harness.").replace(".", "/"))
    }
    allowed = pure | {"harness", "harness.errors"}
    wrong = [
        (module, used)
        for module in sorted(pure)
        for used in sorted(graph.find_modules_directly_imported_by(module))
        if used not in allowed
    ]
    assert wrong == []


_MOST_LINES, _LONGEST = 400, 40
_LONG = {"nix/builders/environment.py"}
"""Longer, for its text is in the store path of every environment: it is split with a new path."""


def _modules() -> dict[str, ast.Module]:
    """Each module by its path below harness/."""
    return {
        str(path.relative_to(TOP)): ast.parse(path.read_text())
        for path in sorted(TOP.rglob("*.py"))
    }


def _functions(module: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_no_function_is_longer_than_a_person_takes_in() -> None:
    sizes = {
        f"{path}: {one.name}": (one.end_lineno or 0) - one.lineno + 1
        for path, module in _modules().items()
        for one in _functions(module)
        if not path.startswith("commands/")
    }
    assert {name: size for name, size in sizes.items() if size > _LONGEST} == {}


def test_no_module_is_longer_than_a_person_takes_in() -> None:
    sizes = {path: len((TOP / path).read_text().splitlines()) for path in _modules()}
    assert {path for path, size in sizes.items() if size > _MOST_LINES} - _LONG == set()


def test_every_module_that_does_something_has_tests_of_its_own() -> None:
    doing = {
        path
        for path, module in _modules().items()
        if _functions(module) and not path.startswith(("nix/", "commands/"))
    }
    tested = {
        path
        for path in doing
        if (ROOT / "tests" / path).with_name(f"test_{Path(path).name}").exists()
    }
    assert doing - tested == set()


def test_no_room_is_passed_over_when_tests_are_collected(pytestconfig: pytest.Config) -> None:
    patterns = pytestconfig.getini("norecursedirs")
    files = (path.relative_to(ROOT) for path in (ROOT / "tests").rglob("test_*.py"))
    rooms = {room for path in files for room in path.parent.parts}
    assert {room for room in rooms for one in patterns if fnmatch(room, one)} == set()
