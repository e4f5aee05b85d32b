"""Pinning, with stand-ins for the programs; tests/integration has Nix's own answer."""

import json
import os
from pathlib import Path

import pytest

from harness.errors import HarnessError, InputError, IntegrityError, ToolError
from harness.store.pinning import pin

_OLD, _NEW = "1" * 40, "2" * 40
_FORGE = {"type": "github", "owner": "o", "repo": "r"}
_NIX = """#!/bin/sh
case "$*" in
    *--expr*) echo '{inputs}' ;;
    *) cat > /dev/null; {body} ;;
esac
"""
_PREFETCH = """#!/bin/sh
echo "$*" > {told}
{body}
"""


class Programs:
    """Nix, nix-prefetch-github and what that needs, in a directory of the test's own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.tree = directory / "tree"
        self.tree.mkdir()
        (self.tree / "flake.nix").write_text("{}")

    def write(self, name: str, text: str) -> None:
        (self.directory / name).write_text(text)
        (self.directory / name).chmod(0o755)

    def nix(self, body: str = "", inputs: str = "[]") -> None:
        facts = {"lastModified": 5, "narHash": "sha256-N", "rev": _NEW}
        answer = json.dumps([{"path": str(self.tree), "facts": facts}])
        self.write("nix-instantiate", _NIX.format(inputs=inputs, body=body or f"echo '{answer}'"))

    def prefetch(self, body: str) -> None:
        told = self.directory / "told"
        self.write("nix-prefetch-github", _PREFETCH.format(told=told, body=body))
        for name in ("nix-prefetch-url", "nix-prefetch-git"):
            self.write(name, "#!/bin/sh\n")


@pytest.fixture(name="programs")
def _programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    locked = {**_FORGE, "lastModified": 1, "narHash": "sha256-O", "rev": _OLD}
    nodes = {
        "n": {"locked": locked, "original": {**_FORGE, "ref": "unstable"}},
        "root": {"inputs": {"pkgs": "n"}},
    }
    lock = {"nodes": nodes, "root": "root", "version": 7}
    (tmp_path / "flake.lock").write_text(json.dumps(lock))
    return Programs(tmp_path)


def _locked(root: Path) -> object:
    return json.loads((root / "flake.lock").read_text())["nodes"]["n"]["locked"]


def test_an_input_is_pinned_to_what_nix_fetched(programs: Programs, tmp_path: Path) -> None:
    programs.nix()
    pinned = pin(tmp_path, "pkgs", _NEW)
    assert (pinned.place, pinned.previous, pinned.revision) == ("github:o/r", _OLD, _NEW)
    assert (pinned.hash, pinned.by) == ("sha256-N", ("Nix",))
    assert _locked(tmp_path) == {**_FORGE, "lastModified": 5, "narHash": "sha256-N", "rev": _NEW}


def test_where_it_is_there_nix_prefetch_github_says_what_the_branch_has(
    programs: Programs, tmp_path: Path
) -> None:
    programs.nix()
    programs.prefetch(f"""echo '{{"rev": "{_NEW}", "hash": "sha256-N"}}'""")
    assert pin(tmp_path, "pkgs").by == ("Nix", "nix-prefetch-github")
    assert (tmp_path / "told").read_text() == "--rev=unstable --json -- o r\n"


def test_what_nix_prefetch_github_cannot_tell_nix_is_asked(
    programs: Programs, tmp_path: Path
) -> None:
    programs.nix()
    programs.prefetch("exit 1")
    assert pin(tmp_path, "pkgs").by == ("Nix",)


@pytest.mark.parametrize(
    ("said", "kind", "told"),
    [
        ("unable to download 'u': HTTP error 404 ('')", InputError, f"does not have {_NEW}"),
        ("Cannot find Git revision '2' in ref 'r'", InputError, "github:o/r does not have"),
        ("u: Couldn't resolve host name (6)", ToolError, "cannot be reached from here"),
        ("NAR hash mismatch in input 'x'", IntegrityError, "found two hashes"),
        ("out of memory", ToolError, "out of memory"),
    ],
)
def test_what_fails_is_told_in_one_line_and_the_lock_stays(
    programs: Programs, tmp_path: Path, said: str, kind: type[HarnessError], told: str
) -> None:
    programs.nix(f'echo "error: {said}" >&2; exit 1')
    before = (tmp_path / "flake.lock").read_bytes()
    with pytest.raises(kind, match=told):
        pin(tmp_path, "pkgs", _NEW)
    assert (tmp_path / "flake.lock").read_bytes() == before


def test_what_nix_has_of_old_is_not_taken_for_what_the_branch_has_now(
    programs: Programs, tmp_path: Path
) -> None:
    said = "fatal: unable to access; could not update; continuing with the most recent version"
    programs.nix(f"echo '{said}' >&2; echo '[]'")
    with pytest.raises(ToolError, match="cannot be reached from here"):
        pin(tmp_path, "pkgs")


def test_an_input_with_inputs_is_left_to_nix(programs: Programs, tmp_path: Path) -> None:
    programs.nix(inputs='["a"]')
    with pytest.raises(InputError, match=r"has inputs of its own \(a\)"):
        pin(tmp_path, "pkgs")


def test_a_commit_is_given_whole(programs: Programs, tmp_path: Path) -> None:
    programs.nix()
    with pytest.raises(InputError, match="all 40 digits"):
        pin(tmp_path, "pkgs", "v1.0")


def test_without_a_lock_there_is_nothing_to_pin(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"flake\.lock: No such file"):
        pin(tmp_path, "pkgs")


def test_an_input_of_this_machine_is_not_copied(programs: Programs, tmp_path: Path) -> None:
    programs.nix()
    text = (tmp_path / "flake.lock").read_text()
    local = text.replace('"github"', '"git"').replace('"owner": "o"', '"url": "file:///etc"')
    (tmp_path / "flake.lock").write_text(local)
    with pytest.raises(InputError, match="is of this machine"):
        pin(tmp_path, "pkgs")


@pytest.mark.parametrize("below", ["/home/someone", "../..", "a; b", "${x}", "a//b", 1])
def test_a_directory_of_a_lock_is_no_part_of_another_expression(
    programs: Programs, tmp_path: Path, below: object
) -> None:
    programs.nix()
    lock = json.loads((tmp_path / "flake.lock").read_text())
    lock["nodes"]["n"]["locked"]["dir"] = below
    (tmp_path / "flake.lock").write_text(json.dumps(lock))
    with pytest.raises(InputError, match=r"flake\.lock: input 'pkgs': dir: .*: no plain path"):
        pin(tmp_path, "pkgs", _NEW)


def test_inputs_that_are_no_inputs_are_told(programs: Programs, tmp_path: Path) -> None:
    programs.nix()
    lock = json.loads((tmp_path / "flake.lock").read_text())
    lock["nodes"]["n"]["inputs"] = [[]]
    (tmp_path / "flake.lock").write_text(json.dumps(lock))
    with pytest.raises(InputError, match=r"flake\.lock: not a lock of a flake"):
        pin(tmp_path, "pkgs", _NEW)
