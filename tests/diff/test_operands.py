"""What a name stands for, on a machine without Nix and without an engine."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pygit2
import pytest

from harness.container.core.program import program_image
from harness.diff.operands import Operand, operand
from harness.errors import InputError
from harness.host.processors import current_system
from harness.lock.core.pylock import encode_lock
from harness.lock.read import read_lock
from tests.locked_environments import LockedEnvironment, locked_environment


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LockedEnvironment:
    """The environment `a`; we are in its repository, and have no programs."""
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    found = locked_environment(tmp_path)
    monkeypatch.chdir(found.environment.repository)
    return found


@contextmanager
def standing_for(name: str) -> Iterator[Operand]:
    with operand(name) as found:
        assert found.name == name
        yield found


def commit(repository: Path) -> None:
    made = pygit2.init_repository(repository)
    made.index.add_all()
    who = pygit2.Signature("a", "a@localhost")
    made.create_commit("HEAD", who, who, "all", made.index.write_tree(), [])


def test_an_environment_is_its_lock_where_nix_does_not_work(locked: LockedEnvironment) -> None:
    with standing_for("a") as found:
        assert found.lock == locked.lock
        assert found.spec == locked.environment.spec()
        assert found.note.startswith("a: the lock alone is compared: ")
        assert (found.derivation, found.outputs, found.path) == (None, {}, None)


def test_an_environment_stands_above_a_file_of_its_name(locked: LockedEnvironment) -> None:
    file = locked.environment.repository / "a"
    file.write_text("a file")
    with standing_for("a") as found:
        assert found.lock
    with standing_for("./a") as found:
        assert (found.path, found.lock) == (file, None)


def test_a_revision_is_read_as_it_was_and_gone_at_the_end(locked: LockedEnvironment) -> None:
    commit(locked.environment.repository)
    spec = locked.environment.spec_path
    spec.write_text(spec.read_text().replace("[]", '["numpy"]'))
    with standing_for("a@HEAD") as found:
        assert found.lock == locked.lock
        assert found.spec
        assert found.spec.dependencies == ()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a@v1", "v1"),
        ("..@HEAD", "is not a name of an environment"),
        ("@HEAD", "is not a name of an environment"),
        ("b@HEAD", "b"),
        ("nothing", "nothing"),
        ("./nothing", r"\./nothing: no such file or directory"),
        ("/nowhere/at/all", "no such file or directory"),
    ],
)
def test_what_stands_for_nothing_is_refused_by_its_name(
    locked: LockedEnvironment, name: str, said: str
) -> None:
    commit(locked.environment.repository)
    with pytest.raises(InputError, match=said), operand(name):
        pass


@pytest.mark.parametrize("name", ["pylock.toml", "pylock.other.toml"])
def test_a_lock_is_read_by_its_name(locked: LockedEnvironment, name: str) -> None:
    path = locked.environment.repository / name
    path.write_bytes(encode_lock(locked.lock))
    with standing_for(str(path)) as found:
        assert (found.lock, found.path) == (read_lock(locked.environment), path)


def test_a_lock_of_another_tool_is_compared_as_a_file_and_says_why(tmp_path: Path) -> None:
    path = tmp_path / "pylock.toml"
    path.write_text('lock-version = "1.0"\n')
    with standing_for(str(path)) as found:
        assert (found.lock, found.path) == (None, path)
        assert f"{path}: compared as a file: " in found.note


def test_a_link_stands_for_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("x")
    (tmp_path / "link").symlink_to("there")
    with standing_for(str(tmp_path / "link")) as found:
        assert found.path == tmp_path / "there"


def test_an_archive_of_an_image_is_laid_out_for_a_while(tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(program_image("a", b"program", system=current_system(), labels={}).archive)
    with standing_for(str(path)) as found:
        assert found.is_image
        assert found.path
        assert (found.path / "layers/001").is_file()
        laid_out = found.path
    assert not laid_out.exists()


def test_a_pipe_of_a_shell_is_read_once_and_kept_for_a_while() -> None:
    reading, writing = os.pipe()
    pour = threading.Thread(target=_poured, args=(writing, b"x" * 200_000))
    pour.start()
    with standing_for(f"/dev/fd/{reading}") as found:
        assert found.path
        assert found.path.read_bytes() == b"x" * 200_000
        kept = found.path
    pour.join()
    os.close(reading)
    assert not kept.exists()


def _poured(handle: int, content: bytes) -> None:
    with os.fdopen(handle, "wb") as file:
        file.write(content)


def test_a_pipe_that_nobody_fills_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with standing_for(str(tmp_path / "pipe")) as found:
        assert found.path == tmp_path / "pipe"
