"""The known answer is Nix's own: what `nix flake lock` writes for the same input."""

from pathlib import Path

import pytest

from harness.errors import InputError, ToolError
from harness.host import process
from harness.store import nix
from harness.store.pinning import pin
from tests.integration.served import served

pytestmark = pytest.mark.nix

_GIT = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
_FLAKE = """{
  inputs.dep.url = "git+%s/dep/.git?ref=main";
  outputs = { self, dep }: { };
}
"""


def _commit(directory: Path, message: str) -> str:
    (directory / "flake.nix").write_text(f"{{ outputs = _: {{ }}; }} # {message}\n")
    for arguments in (["add", "-A"], ["commit", "-qm", message], ["update-server-info"]):
        process.check([*_GIT, *arguments], cwd=directory)
    return process.check([*_GIT, "rev-parse", "HEAD"], cwd=directory).strip()


def _update(flake: Path) -> bytes:
    options = nix.options(
        {"experimental-features": "nix-command flakes", "flake-registry": "", "tarball-ttl": "0"}
    )
    argv = ["nix", "flake", "lock", *options, f"path:{flake}"]
    if (flake / "flake.lock").exists():
        argv += ["--update-input", "dep"]
    process.check(argv, env={**nix.environment(), "PATH": "/usr/bin:/bin"}, cwd=flake)
    return (flake / "flake.lock").read_bytes()


def test_a_pinned_input_is_byte_for_byte_what_nix_locks(tmp_path: Path) -> None:
    dependency, flake = tmp_path / "dep", tmp_path / "flake"
    for directory in (dependency, flake):
        directory.mkdir()
    process.check([*_GIT, "init", "-q", "-b", "main"], cwd=dependency)
    first = _commit(dependency, "one")
    with served(tmp_path) as server:
        (flake / "flake.nix").write_text(_FLAKE % server.url)
        before = _update(flake)
        second = _commit(dependency, "two")
        pinned = pin(flake, "dep")
        assert (pinned.previous, pinned.revision) == (first, second)
        ours = (flake / "flake.lock").read_bytes()
        assert ours != before
        (flake / "flake.lock").write_bytes(before)
        assert ours == _update(flake)
        assert pin(flake, "dep", first).revision == first
        assert (flake / "flake.lock").read_bytes() == before
        with pytest.raises(InputError, match="does not have 4444"):
            pin(flake, "dep", "4" * 40)
    with pytest.raises(ToolError, match="cannot be reached from here"):
        pin(flake, "dep")
