import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from harness.errors import InputError, ToolError
from harness.store import local_flake as sources

_GIT = ["git", "-c", "user.email=a@b", "-c", "user.name=x"]
_FLAKE = "{ outputs = { self }: { }; }\n"


def git(directory: Path, *arguments: str) -> str:
    argv = [*_GIT, *arguments]
    done = subprocess.run(argv, cwd=directory, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture(name="repository")
def _repository(tmp_path: Path) -> Path:
    directory = tmp_path / "repository"
    (directory / "sub").mkdir(parents=True)
    (directory / "flake.nix").write_text(_FLAKE)
    (directory / "run").write_text("#!/bin/sh\n")
    (directory / "run").chmod(0o755)
    (directory / "link").symlink_to("/etc/passwd")
    (directory / "sub/file").write_text("first\n")
    git(directory, "init", "-q")
    git(directory, "add", "-A")
    git(directory, "commit", "-qm", "x")
    (directory / "untracked").touch()
    return directory


def _tree(source: sources.Source) -> dict[str, str]:
    assert not isinstance(source.tree, str)
    top = Path(source.tree["path"])
    return {
        os.path.relpath(path, top): f"-> {path.readlink()}"
        if path.is_symlink()
        else path.read_text()
        for path in top.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def test_what_git_tracks_is_copied_as_it_lies_there(repository: Path) -> None:
    expected = {
        "flake.nix": _FLAKE,
        "run": "#!/bin/sh\n",
        "link": "-> /etc/passwd",
        "sub/file": "first\n",
    }
    with sources.found(repository / "sub") as source:
        assert _tree(source) == expected
        assert source.directory == ""
        assert source.facts["rev"] == git(repository, "rev-parse", "HEAD")
        assert source.facts["revCount"] == 1
        assert not isinstance(source.tree, str)
        assert os.access(Path(source.tree["path"], "run"), os.X_OK)
    (repository / "sub/file").write_text("second\n")
    (repository / "run").unlink()
    with sources.found(repository) as source:
        assert _tree(source)["sub/file"] == "second\n"
        assert "run" not in _tree(source)
        assert "rev" not in source.facts
        assert source.facts["dirtyRev"].endswith("-dirty")
    with sources.of_git(repository, "HEAD") as source:
        assert _tree(source) == expected


def test_programs_of_the_trees_configuration_do_not_run(repository: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    program = f"touch {ran}; cat"
    for key in (
        "core.fsmonitor",
        "filter.x.clean",
        "filter.x.smudge",
        "filter.x.process",
        "diff.external",
        "diff.x.command",
        "diff.x.textconv",
        "core.sshCommand",
    ):
        git(repository, "config", key, program)
    (repository / ".git/info").mkdir(exist_ok=True)
    (repository / ".git/info/attributes").write_text("* filter=x diff=x\n")
    (repository / "sub/file").write_text("second\n")
    ran.unlink(missing_ok=True)
    for revision in ("", "HEAD"):
        with sources.of_git(repository, revision) as source:
            assert _tree(source)
    with sources.found(repository) as source:
        assert _tree(source)["sub/file"] == "second\n"
    assert not ran.exists()


def test_a_directory_that_became_a_link_is_not_followed(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "private").mkdir()
    (tmp_path / "private/file").write_text("secret\n")
    (repository / "sub/file").unlink()
    (repository / "sub").rmdir()
    (repository / "sub").symlink_to(tmp_path / "private")
    with sources.found(repository) as source:
        assert "sub/file" not in _tree(source)


def test_a_flake_below_the_top_is_told_where_it_is(repository: Path) -> None:
    (repository / "sub/flake.nix").write_text(_FLAKE)
    git(repository, "add", "-A")
    with sources.found(repository / "sub") as source:
        assert source.directory == "sub"
        assert "rev" not in source.facts


def test_before_the_first_commit_there_is_no_revision(tmp_path: Path) -> None:
    (tmp_path / "flake.nix").write_text(_FLAKE)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    with sources.found(tmp_path) as source:
        assert _tree(source) == {"flake.nix": _FLAKE}
        assert source.facts["lastModified"] == 0


def test_outside_of_git_all_files_count(tmp_path: Path) -> None:
    (tmp_path / "flake.nix").write_text(_FLAKE)
    with sources.found(tmp_path) as source:
        assert source == sources.of_directory(tmp_path)


def test_what_is_not_there_is_said(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no flake\.nix there or above"), sources.found(tmp_path):
        pass
    with pytest.raises(InputError, match="not in a git repository"), sources.of_git(tmp_path, ""):
        pass
    with pytest.raises(InputError, match="no such revision"), sources.of_git(repository, "nope"):
        pass


def test_a_configuration_that_puts_the_files_elsewhere_is_refused(
    repository: Path, tmp_path: Path
) -> None:
    git(repository, "config", "core.worktree", str(tmp_path))
    with pytest.raises(InputError, match="elsewhere"), sources.found(repository):
        pass
    with pytest.raises(InputError, match="elsewhere"), sources.of_git(repository, ""):
        pass


def test_a_worktree_is_read(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "-q", str(tmp_path / "other"))
    with sources.found(tmp_path / "other") as source:
        assert _tree(source)["sub/file"] == "first\n"
        assert "rev" in source.facts


@pytest.mark.parametrize("name", ["/victim", "../victim", "sub/../../victim", ".git/victim"])
def test_names_of_an_index_that_lead_out_are_refused(repository: Path, name: str) -> None:
    """What git writes for `zzzzzzzz`, with another name of that length."""
    long = "z" * len(name)
    (repository / long).touch()
    git(repository, "add", "-A")
    index = repository / ".git/index"
    data = index.read_bytes().replace(long.encode() + b"\0", name.encode() + b"\0")
    index.write_bytes(data[:-20] + hashlib.sha1(data[:-20]).digest())  # noqa: S324 - git's
    with pytest.raises((InputError, ToolError)), sources.found(repository):
        pass


@pytest.mark.parametrize("name", ["../victim", ".git", ".."])
def test_names_of_a_tree_that_lead_out_are_refused(
    repository: Path, tmp_path: Path, name: str
) -> None:
    blob = git(repository, "hash-object", "-w", "flake.nix")
    data = f"100644 {name}".encode() + b"\0" + bytes.fromhex(blob)
    _commit_tree(repository, data)
    with pytest.raises((InputError, ToolError)), sources.of_git(repository, "HEAD"):
        pass
    assert not (tmp_path / "victim").exists()


def test_a_link_and_a_file_of_one_name_write_nothing_outside(
    repository: Path, tmp_path: Path
) -> None:
    (tmp_path / "victim").write_text("precious")
    (repository / "target").write_text(str(tmp_path / "victim"))
    link = git(repository, "hash-object", "-w", "target")
    blob = git(repository, "hash-object", "-w", "flake.nix")
    entries = [(b"120000 a\0", link), (b"100644 a\0", blob)]
    _commit_tree(repository, b"".join(head + bytes.fromhex(number) for head, number in entries))
    with pytest.raises((InputError, ToolError)), sources.of_git(repository, "HEAD"):
        pass
    assert (tmp_path / "victim").read_text() == "precious"


def _commit_tree(repository: Path, data: bytes) -> None:
    """Make a tree that git would not make the newest commit's."""
    argv = ["git", "hash-object", "-w", "-t", "tree", "--literally", "--stdin"]
    done = subprocess.run(argv, cwd=repository, input=data, check=True, capture_output=True)
    commit = git(repository, "commit-tree", done.stdout.decode().strip(), "-m", "x")
    git(repository, "update-ref", "HEAD", commit)
