from pathlib import Path

import pytest

from harness.build import shell
from harness.errors import InputError

_OWN = ("/nix/store/e", "/nix/store/b")


def _program(directory: Path, name: str, text: str) -> str:
    directory.mkdir(exist_ok=True)
    (directory / name).write_text(text)
    (directory / name).chmod(0o755)
    return str(directory)


def test_a_program_of_the_environment_or_one_named_by_its_path_is_what_is_meant(
    tmp_path: Path,
) -> None:
    own = _program(tmp_path / "tree", "tool", "#!/usr/bin/python3\n")
    assert shell.looked_up("tool", own, (own, "/nix/store/b"), "dev") == ()
    assert shell.looked_up("/usr/bin/anything", "", _OWN, "dev") == ()


def test_a_program_of_the_machines_is_told(tmp_path: Path) -> None:
    path = _program(tmp_path / "bin", "tool", "#!/bin/sh\n")
    (said,) = shell.looked_up("tool", path, _OWN, "dev")
    assert said == f"harness: tool is not in the environment dev: this is {path}/tool"


@pytest.mark.parametrize(
    "text", ["#!/usr/bin/python3 -s\n", "#!/usr/bin/env python3\n", "#!/bin/bash\nexec pyenv exec"]
)
def test_a_python_program_of_the_machines_is_refused(tmp_path: Path, text: str) -> None:
    path = _program(tmp_path / "bin", "pytest", text)
    with pytest.raises(InputError, match=r"not in the environment dev.*`harness add dev pytest`"):
        shell.looked_up("pytest", path, _OWN, "dev")


def test_another_interpreter_is_refused(tmp_path: Path) -> None:
    path = _program(tmp_path / "bin", "python3.99", "\x7fELF")
    with pytest.raises(InputError, match="runs with another Python"):
        shell.looked_up("python3.99", path, _OWN, "dev")


def test_what_is_nowhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing: not in the environment dev, nor on PATH"):
        shell.looked_up("nothing", str(tmp_path), _OWN, "dev")
