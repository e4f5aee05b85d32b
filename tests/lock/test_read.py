from pathlib import Path

import pytest

from harness.errors import InputError
from harness.lock.core.pylock import encode_lock
from harness.lock.read import read_lock
from harness.project.repository import Environment
from tests.locks import LOCK


def _environment(root: Path) -> Environment:
    """Return the environment as the next command sees it."""
    directory = root / "envs/a"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "env.toml").touch()
    return Environment("a", directory, root)


def test_a_lock_is_decoded_once_while_its_bytes_are_the_same(tmp_path: Path) -> None:
    path = _environment(tmp_path).lock_path
    path.write_bytes(encode_lock(LOCK))
    first = read_lock(_environment(tmp_path))
    assert first == LOCK
    assert read_lock(_environment(tmp_path)) is first
    path.write_bytes(encode_lock(LOCK).replace(LOCK.spec_sha256.encode(), b"0" * 64))
    assert read_lock(_environment(tmp_path)).spec_sha256 == "0" * 64


@pytest.mark.parametrize("text", [None, "", "lock-version = '1.0'", "\x00"])
def test_what_is_no_lock_is_named_by_its_place_in_the_repository(
    tmp_path: Path, text: str | None
) -> None:
    path = _environment(tmp_path).lock_path
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=r"envs/a/pylock\.toml"):
        read_lock(_environment(tmp_path))
