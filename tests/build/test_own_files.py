import os
from pathlib import Path

import pytest

from harness.build.own_files import require_sources
from harness.errors import InputError
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
        require_sources(_environment(tmp_path, image))


def test_an_artefact_is_made_of_the_environments_own(tmp_path: Path) -> None:
    image = '[image]\ncommand = ["true"]\n[image.artefacts."/srv"]\ncommand = "true"\n'
    with pytest.raises(InputError, match=r"image.artefacts.'/srv'.inputs: below/key is a link"):
        require_sources(_environment(tmp_path, f'{image}inputs = ["data", "below/key"]\n'))


@pytest.mark.parametrize("name", ["data", "data/file"])
def test_files_and_directories_are_taken_below_any_place(tmp_path: Path, name: str) -> None:
    """The way to the repository may lead over links: that is the user's own."""
    image = f'[image]\ncommand = ["true"]\nfiles = {{ "/srv/x" = "{name}" }}\n'
    (tmp_path / "real").mkdir()
    made = _environment(tmp_path / "real", image)
    (tmp_path / "way").symlink_to("real")
    require_sources(made)
    require_sources(Environment("a", tmp_path / "way/envs/a", tmp_path / "way"))


def test_an_environment_without_image_takes_nothing(tmp_path: Path) -> None:
    require_sources(_environment(tmp_path, ""))
