import tomllib
from pathlib import Path

import pytest

from harness.errors import InputError
from harness.lock.local_packages import members, sourced


def _projects(root: Path, *names: str) -> None:
    for name in names:
        (root / name).mkdir(parents=True)
        (root / name / "pyproject.toml").write_text("")


def _members(root: Path, text: str) -> list[str]:
    return [str(path.relative_to(root)) for path in members(root, tomllib.loads(text))]


@pytest.mark.parametrize("tool", ["uv", "rye", "hatch", "hatch.envs.dev"])
def test_members_of_a_workspace_are_the_projects_that_its_patterns_find(
    tmp_path: Path, tool: str
) -> None:
    _projects(tmp_path, "packages/a", "packages/b", "packages/old")
    (tmp_path / "packages/no-project").mkdir()
    table = f'[tool.{tool}.workspace]\nmembers = ["packages/*"]\nexclude = ["packages/old"]\n'
    assert _members(tmp_path, table) == ["packages/a", "packages/b"]


def test_members_may_be_tables_with_a_path_and_the_root_is_none_of_them(tmp_path: Path) -> None:
    _projects(tmp_path, "a")
    (tmp_path / "pyproject.toml").write_text("")
    table = '[tool.hatch.envs.dev]\nworkspace.members = [{ path = "a" }, { path = "." }, 3]\n'
    assert _members(tmp_path, table) == ["a"]


@pytest.mark.parametrize("text", ["", "[tool.uv]\nworkspace = 3", "tool = 'x'"])
def test_without_a_workspace_there_are_no_members(tmp_path: Path, text: str) -> None:
    assert _members(tmp_path, text) == []


@pytest.mark.parametrize("pattern", ["/etc/*", "../**"])
def test_a_pattern_that_leads_out_of_the_repository_is_refused(
    tmp_path: Path, pattern: str
) -> None:
    with pytest.raises(InputError, match=r"tool\.uv\.workspace: .* leads out of the repository"):
        _members(tmp_path, f'[tool.uv.workspace]\nmembers = ["{pattern}"]\n')


def _sourced(text: str) -> dict[str, str]:
    return dict(sourced(tomllib.loads(text)))


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[tool.uv.sources]\nMy_Own = { workspace = true }", "tool.uv.sources.My_Own"),
        ("[tool.uv.sources]\nmy-own = [{ index = 'x' }, { git = 'y' }]", "tool.uv.sources.my-own"),
        ("[tool.poetry.dependencies]\nmy-own.path = '.'", "tool.poetry.dependencies.my-own"),
        (
            "[tool.poetry.group.dev.dependencies]\nmy-own.url = 'x'",
            "tool.poetry.group.dev.dependencies.my-own",
        ),
        ("[project]\ndependencies = ['my-own @ file:///x']", "project.dependencies"),
        ("[dependency-groups]\ndev = ['my-own @ git+https://x/y']", "dependency-groups.dev"),
        (
            "[tool.uv]\ndev-dependencies = ['-e file:///x#egg=my-own[a]&b']",
            ("tool.uv.dev-dependencies"),
        ),
    ],
)
def test_packages_from_elsewhere_are_named_with_what_says_so(text: str, where: str) -> None:
    assert _sourced(text) == {"my-own": where}


@pytest.mark.parametrize(
    "text",
    [
        "[tool.uv.sources]\na = { index = 'x' }",
        "[tool.poetry.dependencies]\npython = '^3.11'",
        "[project]\ndependencies = ['a>=1', 'not a requirement', 3]",
        "[project]\ndependencies = 'a @ file:///x'",
    ],
)
def test_packages_of_an_index_are_not(text: str) -> None:
    assert _sourced(text) == {}
