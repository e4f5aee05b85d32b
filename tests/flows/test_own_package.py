from pathlib import Path

import pytest

from harness.errors import InputError
from harness.flows.own_package import own_names, refuse_own
from harness.flows.repository import Environment, Repository


def _environment(root: Path, *dependencies: str) -> Environment:
    directory = root / "envs" / "a"
    directory.mkdir(parents=True)
    (directory / "env.toml").write_text(
        f'python = "3.11"\nbase = "debian:bookworm"\ndependencies = {list(dependencies)}\n'
    )
    (environment,) = Repository(root=root).select(["a"])
    return environment


@pytest.mark.parametrize(
    ("file", "text", "names"),
    [
        ("pyproject.toml", '[project]\nname = "My_Pkg"\n', {"my-pkg": "project.name"}),
        ("pyproject.toml", '[tool.poetry]\nname = "my.pkg"\n', {"my-pkg": "tool.poetry.name"}),
        ("pyproject.toml", "project = 1\n[tool]\npoetry = []\n", {}),
        ("setup.cfg", "[metadata]\nname = My-Pkg\n", {"my-pkg": "metadata.name"}),
        ("setup.cfg", "[flake8]\n", {}),
        ("setup.cfg", "name", {}),
        (
            "pyproject.toml",
            '[tool.flit.metadata]\nmodule = "my_pkg"\n',
            {"my-pkg": "tool.flit.metadata.module"},
        ),
        ("setup.py", "import setuptools as s\ns.setup(name='My_Pkg')\n", {"my-pkg": "name"}),
        ("setup.py", "import os\nsetup(name=os.name)\nother(name='a')\n", {}),
        ("setup.py", "print 'Python 2'\n", {}),
        ("setup.py", "(" * 5000, {}),
        ("setup.py", "x\0", {}),
        ("setup.py", "setup(name='a')\n" + "a," * 2**17, {}),
    ],
)
def test_a_repository_says_what_its_package_is_called(
    tmp_path: Path, file: str, text: str, names: dict[str, str]
) -> None:
    (tmp_path / file).write_text(text)
    assert own_names(tmp_path) == {name: f"{file}: {place}" for name, place in names.items()}


def test_a_repository_s_own_package_is_not_taken_from_an_index(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "My_Pkg"\n')
    environment = _environment(tmp_path, "other", "my.pkg[all]>=1")
    with pytest.raises(
        InputError, match=r"^envs/a/env\.toml: dependencies\[1\]: 'my\.pkg\[all\]>=1' is this rep"
    ):
        refuse_own(environment, environment.spec())


def test_a_repository_without_a_package_may_ask_for_any(tmp_path: Path) -> None:
    environment = _environment(tmp_path, "my-pkg")
    refuse_own(environment, environment.spec())
