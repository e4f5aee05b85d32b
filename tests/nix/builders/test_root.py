"""What an image has outside of the store."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.builders import Workbench


def _made(tmp_path: Path, *, shells: bool) -> Path:
    completed = Workbench(tmp_path).root(shells=shells)
    assert completed.returncode == 0, completed.stderr
    return tmp_path / "root"


def test_there_is_no_shell_unless_it_is_said(tmp_path: Path) -> None:
    root = _made(tmp_path, shells=False)
    assert sorted(one.name for one in root.iterdir()) == ["etc", "usr"]
    assert not (root / "usr/bin").exists()
    assert "app:x:1000:1000::/tmp:/noshell\n" in (root / "etc/passwd").read_text()


def test_shells_are_the_bases_bash(tmp_path: Path) -> None:
    root = _made(tmp_path, shells=True)
    for name in ("sh", "bash"):
        assert (root / "bin" / name).readlink() == tmp_path / "base/bin/bash"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["greet", "you"], "greeted you\n"),
        (["-S greet -x", "./script"], "greeted -x ./script\n"),
        (["-S", "greet -x", "*"], "greeted -x *\n"),
        (["-SGREETING=hello greet"], "hello\n"),
        (["GREETING=hello world", "greet", "A=b"], "hello world A=b\n"),
    ],
)
def test_env_finds_what_a_first_line_names_on_path(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    root = _made(tmp_path, shells=True)
    program = tmp_path / "bin/greet"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "${GREETING-greeted}" "$@"\n')
    program.chmod(0o755)
    completed = subprocess.run(
        [root / "usr/bin/env", *arguments],
        env={"PATH": f"{program.parent}:{os.environ['PATH']}"},
        cwd=tmp_path / "bin",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert completed.stdout == said, completed.stderr


def test_debians_own_env_is_preferred(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    (bench.base / "usr/bin/env").symlink_to("/usr/bin/env")
    assert bench.root(shells=True).returncode == 0
    assert (tmp_path / "root/usr/bin/env").readlink() == bench.base / "usr/bin/env"
