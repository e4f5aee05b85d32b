from pathlib import Path

import pytest

from harness.errors import InputError
from harness.lock.own_package import own_names, refuse_own
from harness.project.repository import Environment, Repository


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


_MEMBERS = """
[tool.uv.workspace]
members = ["packages/*", "./tools/one/"]
exclude = ["packages/old*"]
"""


def test_no_member_of_a_workspace_is_taken_from_an_index(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(f'[project]\nname = "top"\n{_MEMBERS}')
    for place in ("packages/a", "packages/old-b", "tools/one", "tools/two"):
        (tmp_path / place).mkdir(parents=True)
        name = f"my_{Path(place).name}"
        (tmp_path / place / "pyproject.toml").write_text(f'[project]\nname = "{name}"\n')
    (tmp_path / "packages/notes").mkdir()
    assert own_names(tmp_path) == {
        "top": "pyproject.toml: project.name",
        "my-a": "packages/a/pyproject.toml: project.name",
        "my-one": "tools/one/pyproject.toml: project.name",
    }
    environment = _environment(tmp_path, "my-a")
    with pytest.raises(InputError, match=r"packages/a/pyproject\.toml: project\.name"):
        refuse_own(environment, environment.spec())


@pytest.mark.parametrize(
    ("text", "name", "place"),
    [
        ("tool.uv.sources.a = {workspace = true}", "a", "tool.uv.sources.a"),
        ("tool.uv.sources.a_b = {path = '../a'}", "a-b", "tool.uv.sources.a_b"),
        ("tool.uv.sources.a = [{git = 'https://h/a', marker = 'x'}]", "a", "tool.uv.sources.a"),
        ("tool.uv.sources.a = {url = 'https://h/a.whl'}", "a", "tool.uv.sources.a"),
        ("tool.uv.sources.a = {index = 'ours'}", None, ""),
        ("tool.poetry.dependencies.a = {path = 'a'}", "a", "tool.poetry.dependencies.a"),
        ("tool.poetry.dependencies.a = {version = '1'}", None, ""),
        ("tool.poetry.dependencies.a = '^1'", None, ""),
        ("tool.poetry.group.dev.dependencies.a.git = 'g'", "a",
         "tool.poetry.group.dev.dependencies.a"),
        ("tool.pixi.pypi-dependencies.a = {path = '.'}", "a", "tool.pixi.pypi-dependencies.a"),
        ("project.dependencies = ['A @ file:///srv/a', 'b>1', 7]", "a", "project.dependencies"),
        ("project.optional-dependencies.x = ['a @ git+https://h/a']", "a",
         "project.optional-dependencies.x"),
        ("dependency-groups.dev = ['a @ file:///a', {include-group = 'x'}]", "a",
         "dependency-groups.dev"),
        ("tool.pdm.dev-dependencies.dev = ['-e file:///${PROJECT_ROOT}/a#egg=a']", "a",
         "tool.pdm.dev-dependencies.dev"),
        ("tool.hatch.envs.default.dependencies = ['a @ {root:uri}/a']", "a",
         "tool.hatch.envs.default.dependencies"),
        ("tool.uv.sources = 1\nproject.dependencies = 'no'", None, ""),
    ],
)  # fmt: skip
def test_what_has_a_source_of_its_own_is_not_taken_from_an_index(
    tmp_path: Path, text: str, name: str | None, place: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert own_names(tmp_path) == ({name: f"pyproject.toml: {place}"} if name else {})


@pytest.mark.parametrize(
    ("patterns", "said"),
    [
        (["/**"], "leads out of the repository"),
        (["../**"], "leads out of the repository"),
        (["**x"], "tool.uv.workspace: '"),
    ],
)
def test_patterns_of_members_that_lead_nowhere_are_refused(
    tmp_path: Path, patterns: list[str], said: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(f"tool.uv.workspace.members = {patterns}")
    with pytest.raises(InputError, match=said):
        own_names(tmp_path)


def test_members_beside_the_repository_are_found(tmp_path: Path) -> None:
    root = tmp_path / "root"
    for place, text in (("root", "members = ['../x']"), ("x", "")):
        (tmp_path / place).mkdir()
        project = f'project.name = "{place}"\n[tool.uv.workspace]\n{text}\n'
        (tmp_path / place / "pyproject.toml").write_text(project)
    assert own_names(root) == {
        "root": "pyproject.toml: project.name",
        "x": "../x/pyproject.toml: project.name",
    }


def test_members_of_other_tools_are_found_and_odd_tables_are_none(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/setup.cfg").write_text("[metadata]\nname = a\n")
    (tmp_path / "a/pyproject.toml").touch()
    for text in (
        "tool.rye.workspace.members = ['a', 3, '.']",
        "tool.hatch.envs.default.workspace.members = [{path = 'a'}]",
    ):
        (tmp_path / "pyproject.toml").write_text(text)
        assert own_names(tmp_path) == {"a": "a/setup.cfg: metadata.name"}
    (tmp_path / "pyproject.toml").write_text("tool.uv.workspace = 1")
    assert own_names(tmp_path) == {}


def test_a_repository_without_a_package_may_ask_for_any(tmp_path: Path) -> None:
    environment = _environment(tmp_path, "my-pkg")
    refuse_own(environment, environment.spec())
