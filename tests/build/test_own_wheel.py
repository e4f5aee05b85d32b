from pathlib import Path

import pytest

from harness.build.own_wheel import copied, deliver_wheel
from harness.errors import InputError, IntegrityError
from harness.project.repository import Environment


def test_the_wheel_is_copied_under_its_own_name(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "own-1-py3-none-any.whl").write_bytes(b"wheel")
    (package / "wheel").symlink_to("own-1-py3-none-any.whl")
    place = copied(package, tmp_path / "new/dist")
    assert place == tmp_path / "new/dist/own-1-py3-none-any.whl"
    assert place.read_bytes() == b"wheel"
    assert copied(package, tmp_path / "new/dist") == place


@pytest.mark.parametrize("count", [0, 2])
def test_an_output_without_one_wheel_is_an_error(tmp_path: Path, count: int) -> None:
    for number in range(count):
        (tmp_path / f"own-{number}-py3-none-any.whl").write_bytes(b"")
    with pytest.raises(IntegrityError, match=f"holds {count} wheels, not one"):
        copied(tmp_path, tmp_path / "dist")


def test_no_link_in_place_of_a_wheel_is_followed(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package/own-1-py3-none-any.whl").symlink_to("/etc/passwd")
    with pytest.raises(IntegrityError, match="holds 0 wheels, not one"):
        copied(tmp_path / "package", tmp_path / "dist")
    (tmp_path / "home").mkdir()
    (tmp_path / "home/own-1-py3-none-any.whl").write_bytes(b"secret")
    (tmp_path / "link").symlink_to("home")
    with pytest.raises(IntegrityError, match="holds 0 wheels, not one"):
        copied(tmp_path / "link", tmp_path / "dist")


def test_an_environment_without_a_package_has_no_wheel(tmp_path: Path) -> None:
    (tmp_path / "envs/a").mkdir(parents=True)
    (tmp_path / "envs/a/env.toml").write_text(
        'python = "3.11"\nbase = "debian:bookworm"\ndependencies = []\n'
    )
    environment = Environment("a", tmp_path / "envs/a", tmp_path)
    with pytest.raises(InputError, match=r"envs/a/env.toml: no \[project\]"):
        deliver_wheel(environment, tmp_path / "dist", system="x86_64-linux", dirty=False)
