import json
import os
from contextlib import nullcontext
from pathlib import Path

import pytest

from harness.build.core.image import Imaged
from harness.build.core.spec import TreeSpec
from harness.build.own_files import left_out, require_sources, sources, told
from harness.errors import InputError
from harness.host import process
from harness.project.repository import Environment

_SPEC = """
python = "3.11"
base = "debian:bookworm"
targets = ["x86_64-linux"]
dependencies = []
"""


def _environment(root: Path, image: str) -> Environment:
    directory = root / "envs/a"
    (directory / "data").mkdir(parents=True)
    (directory / "data/file").write_text("")
    (root / "secret").mkdir()
    (root / "secret/key").write_text("")
    (directory / "below").symlink_to(root / "secret")
    (directory / "link").symlink_to("data/file")
    (directory / "data/link").symlink_to("nowhere")
    os.mkfifo(directory / "pipe")
    (directory / "env.toml").write_text(_SPEC + image)
    return Environment("a", directory, root)


def _require(environment: Environment) -> None:
    image = environment.table(Imaged).image
    require_sources(environment, image.sources if image else ())


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("below/key", "below/key is a link, or below one"),
        ("below", "below is a link"),
        ("link", "link is a link"),
        ("data/link", "data/link is a link"),
        ("none", "none: no file or directory of that name beside env.toml"),
        ("pipe", "pipe: no file or directory"),
    ],
)
def test_what_an_image_takes_is_the_environments_own(tmp_path: Path, path: str, told: str) -> None:
    image = f'[image]\ncommand = ["true"]\nfiles = {{ "/srv/x" = "{path}" }}\n'
    with pytest.raises(InputError, match=f"^envs/a/env.toml: image.files.'/srv/x': {told}"):
        _require(_environment(tmp_path, image))


def test_an_artefact_is_made_of_the_environments_own(tmp_path: Path) -> None:
    image = '[image]\ncommand = ["true"]\n[image.artefacts."/srv"]\ncommand = "true"\n'
    with pytest.raises(InputError, match=r"image.artefacts.'/srv'.inputs: below/key is a link"):
        _require(_environment(tmp_path, f'{image}inputs = ["data", "below/key"]\n'))


@pytest.mark.parametrize("name", ["data", "data/file"])
def test_files_and_directories_are_taken_below_any_place(tmp_path: Path, name: str) -> None:
    """The way to the repository may lead over links: that is the user's own."""
    image = f'[image]\ncommand = ["true"]\nfiles = {{ "/srv/x" = "{name}" }}\n'
    (tmp_path / "real").mkdir()
    made = _environment(tmp_path / "real", image)
    (tmp_path / "way").symlink_to("real")
    _require(made)
    _require(Environment("a", tmp_path / "way/envs/a", tmp_path / "way"))


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("../../secret/key", ""),
        ("../../secret", ""),
        ("data", ""),
        ("../../../x", "../../../x leads out of the repository"),
        ("../../../repo", "../../../repo leads out of the repository"),
        ("../../link", "../../link is a link"),
        ("../../none", "../../none: no file or directory"),
        ("../b/env.toml", "../b/env.toml: no file or directory"),
    ],
)
def test_a_test_sees_files_of_the_repository_and_no_others(
    tmp_path: Path, path: str, told: str
) -> None:
    (tmp_path / "repo").mkdir()
    (tmp_path / "x").write_text("somebody else's")
    (tmp_path / "repo/link").symlink_to("../x")
    checks = f'[checks.tests.unit]\ncommand = "pytest"\ninputs = ["data/file", "{path}"]\n'
    environment = _environment(tmp_path / "repo", checks)
    sources = environment.table(TreeSpec).checks.sources
    expected = pytest.raises(InputError, match=f"^envs/a/env.toml: checks.*unit.inputs: {told}")
    with expected if told else nullcontext():
        require_sources(environment, sources)


def test_an_environment_without_image_takes_nothing(tmp_path: Path) -> None:
    _require(_environment(tmp_path, ""))


_TAKEN = """
[checks.tests.unit]
command = "pytest"
inputs = ["data"]
[image]
command = ["true"]
files = { "/srv/x" = "data/file" }
"""


@pytest.mark.parametrize(
    ("attributes", "paths"),
    [
        (["environment"], []),
        (["checks"], ["data"]),
        (["environment", "image"], ["data/file"]),
        (["image", "checks"], ["data/file", "data"]),
    ],
)
def test_what_is_taken_follows_from_what_is_built(
    tmp_path: Path, attributes: list[str], paths: list[str]
) -> None:
    assert [path for _, path in sources(_environment(tmp_path, _TAKEN), attributes)] == paths


def test_nix_is_told_what_git_does_not_track(tmp_path: Path) -> None:
    environment = _environment(tmp_path, _TAKEN)
    process.check(["git", "init", "-q"], cwd=tmp_path)
    process.check(["git", "add", "envs/a/data/file"], cwd=tmp_path)
    (environment.directory / "data/new").write_text("")
    left = left_out(environment, sources(environment, ["checks"]))
    with told(left.below) as file:
        assert json.loads(Path(file).read_text()) == {"data": ["link", "new"]}
    assert not Path(file).exists()


def test_nix_is_told_nothing_where_all_is_tracked(tmp_path: Path) -> None:
    environment = _environment(tmp_path, _TAKEN)
    with told(left_out(environment, sources(environment, ["checks"])).below) as file:
        assert file == ""
    assert left_out(environment, []).below == {}
