import os
from pathlib import Path

import pytest

from harness.build.scripts import lacking
from harness.project.repository import Environment

_SPEC = 'python = "3.11"\nbase = "debian:bookworm"\ntargets = []\ndependencies = []\n'


def _environment(root: Path, command: str, *, shell: bool = False) -> Environment:
    directory = root / "envs/a"
    (directory / "tool/below").mkdir(parents=True)
    for name, first, mode in (
        ("run", "#!/bin/sh -e", 0o755),
        ("tool/below/python", "#! /usr/bin/python3", 0o755),
        ("tool/not-a-script", "#!/bin/sh", 0o644),
        ("tool/empty", "", 0o755),
        ("tool/bare", "#!", 0o755),
    ):
        (directory / name).write_text(f"{first}\n")
        (directory / name).chmod(mode)
    (directory / "tool/link").symlink_to("../run")
    os.mkfifo(directory / "tool/pipe", 0o755)
    image = f'[image]\ncommand = ["{command}"]\nshells = {str(shell).lower()}\n'
    files = 'files = { "/srv/run" = "run", "/srv/tool" = "tool" }\n'
    (directory / "env.toml").write_text(_SPEC + image + files)
    return Environment("a", directory, root)


def test_scripts_of_an_image_that_could_not_start_are_named(tmp_path: Path) -> None:
    one, other = lacking(_environment(tmp_path, "python"))
    assert one.startswith("run starts /bin/sh: not in the image; `shells = true`")
    assert other.startswith("tool/below/python starts /usr/bin/python3: not in the image")


@pytest.mark.parametrize(("shell", "count"), [(False, 3), (True, 1)])
def test_a_command_that_is_not_there_is_named(tmp_path: Path, count: int, *, shell: bool) -> None:
    found = lacking(_environment(tmp_path, "/bin/sh", shell=shell))
    assert len(found) == count
    assert any("image.command: /bin/sh" in one for one in found) is not shell


def test_without_image_there_is_nothing_to_say(tmp_path: Path) -> None:
    environment = _environment(tmp_path, "true")
    environment.spec_path.write_text(_SPEC)
    assert lacking(environment) == []
