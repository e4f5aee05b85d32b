from typing import Any

import pytest
from hypothesis import given

from harness.build.core import spec
from harness.build.core.spec import Checks, Links, Notebook, TreeSpec
from harness.documents.decode import decode_whole
from harness.errors import InputError
from tests.damaged_documents import accepted_or_refused_at, damaged

_WHERE = "envs/serving/env.toml"
_FULL: dict[str, Any] = {
    "collisions": {"lib/python3.13/site-packages/x/__init__.py": "Some_Package"},
    "links": {"copy": ["Some.Package"]},
    "checks": {
        "imports": ["mlserver.cli"],
        "skip-imports": ["x"],
        "commands": {"smoke": "python -c 'import numpy'"},
        "tests": {"unit": {"command": "pytest", "inputs": ["../../tests"]}},
        "notebooks": {"a": {"notebook": "../../a.ipynb", "inputs": ["data"]}},
    },
}


def _error(**document: Any) -> str:
    with pytest.raises(InputError) as error:
        decode_whole(TreeSpec, document, _WHERE)
    return str(error.value)


def test_nothing_has_to_be_said() -> None:
    assert decode_whole(TreeSpec, {}, _WHERE) == TreeSpec(
        collisions={}, links=Links(), checks=Checks()
    )


def test_reads_every_key() -> None:
    assert decode_whole(TreeSpec, _FULL, _WHERE) == TreeSpec(
        collisions={"lib/python3.13/site-packages/x/__init__.py": "some-package"},
        links=Links(copy=("some-package",)),
        checks=Checks(
            imports=("mlserver.cli",),
            skip_imports=("x",),
            commands={"smoke": "python -c 'import numpy'"},
            tests={"unit": spec.Test(command="pytest", inputs=("../../tests",))},
            notebooks={"a": Notebook(notebook="../../a.ipynb", inputs=("data",))},
        ),
    )


@given(document=damaged(_FULL))
def test_any_damaged_table_is_read_or_refused_with_its_place(document: dict[str, Any]) -> None:
    with accepted_or_refused_at(f"{_WHERE}: "):
        decode_whole(TreeSpec, document, _WHERE)


@pytest.mark.parametrize("path", ["", "/etc/passwd", "a/../b", "..", "a//b", "./a"])
def test_a_collision_is_a_path_inside_the_environment(path: str) -> None:
    assert "not a path inside the environment" in _error(collisions={path: "numpy"})


@pytest.mark.parametrize("name", ["", "a b", "-a", "a/b", "a>=1"])
def test_a_package_to_copy_has_a_packages_name(name: str) -> None:
    message = _error(links={"copy": ["numpy", name]})
    assert message == f"{_WHERE}: links.copy[1]: {name!r}: not the name of a package"


def test_a_check_has_a_plain_name() -> None:
    message = _error(checks={"commands": {"../x": "true"}})
    assert message.startswith(f"{_WHERE}: checks.commands.'../x': a check's name")


def test_what_is_taken_of_the_repository_is_told_with_its_key() -> None:
    assert decode_whole(TreeSpec, _FULL, _WHERE).checks.sources == [
        ("checks.tests.unit.inputs", "../../tests"),
        ("checks.notebooks.a", "../../a.ipynb"),
        ("checks.notebooks.a", "data"),
    ]
