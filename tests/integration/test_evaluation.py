"""Nix code of others, evaluated: what it says counts, and what it could do is held down."""

import json
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import HarnessError, InputError, ToolError
from harness.host import process
from harness.host.processors import current_system
from harness.store import evaluation
from harness.store.core.flake import parse_reference
from harness.verify.subjects import in_file, named
from tests.integration.served import Server, served

pytestmark = pytest.mark.nix

_NIX = ["nix", "--extra-experimental-features", "nix-command flakes", "--option"]
_NIX += ["build-users-group", ""]
_SECRET = "TOPSECRET-of-this-test"  # noqa: S105 - of nobody
_DERIVATION = """derivation {
  name = "t"; system = "%s"; builder = "/bin/sh"; args = [ "-c" "echo > $out" ]; %s
}"""


def derivation(more: str = "") -> str:
    return _DERIVATION % (current_system(), more)


@pytest.fixture(name="private")
def _private(tmp_path: Path) -> Path:
    (tmp_path / "private").mkdir(mode=0o700)
    (tmp_path / "private/key").write_text(_SECRET)
    return tmp_path / "private"


@pytest.fixture(name="tree")
def _tree(tmp_path: Path) -> Path:
    (tmp_path / "tree/lib").mkdir(parents=True)
    (tmp_path / "tree/.git").mkdir()
    return tmp_path / "tree"


@pytest.fixture(name="server")
def _server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "served").mkdir()
    with served(tmp_path / "served") as server:
        yield server


def test_a_file_beside_those_that_it_imports_is_evaluated(tree: Path) -> None:
    (tree / "lib/more.nix").write_text("{ src = ./.; }")
    (tree / "below").mkdir()
    (tree / "below/tool.nix").write_text(
        f"{{ a = {derivation('inherit (import ../lib/more.nix) src;')}; }}"
    )
    (found,) = in_file(tree / "below/tool.nix", ["a"]).derivations
    assert found.endswith("-t.drv")


@pytest.mark.parametrize(
    "code",
    [
        "builtins.readFile {private}/key",
        '"${{{private}}}"',
        "builtins.path {{ path = {private}; }}",
        "builtins.fetchGit {private}",
        "builtins.fetchGit ./.",
        'builtins.fetchTree {{ type = "path"; path = "{private}"; }}',
        'builtins.fetchurl "file://{private}/key"',
        'builtins.fetchurl "{url}/got"',
        'builtins.fetchTarball "{url}/got"',
        'builtins.getFlake "path:{private}"',
        "builtins.readFile ./link/key",
        "import ({derivation})",
        'builtins.exec [ "touch" "{private}/ran" ]',
    ],
)
def test_a_file_reaches_nothing_but_its_tree(
    tree: Path, private: Path, server: Server, code: str
) -> None:
    (tree / "link").symlink_to(private)
    text = code.format(private=private, url=server.url, derivation=derivation())
    (tree / "tool.nix").write_text(f"{{ a = {derivation(f'got = {text};')}; }}")
    with pytest.raises(ToolError):
        in_file(tree / "tool.nix", ["a"])
    assert server.asked == []
    assert not (private / "ran").exists()


def test_a_home_that_is_a_repository_is_not_the_tree_of_what_lies_in_it(
    tmp_path: Path, private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "downloaded").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    file = tmp_path / "downloaded/tool.nix"
    file.write_text(f"{{ a = {derivation('got = ../private;')}; b = {derivation()}; }}")
    assert private.exists()
    with pytest.raises(ToolError, match="forbidden"):
        in_file(file, ["a"])
    assert in_file(file, ["b"]).derivations


def test_variables_are_not_seen(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOY_TOKEN", _SECRET)
    more = 'seen = builtins.getEnv "DEPLOY_TOKEN";'
    (tree / "tool.nix").write_text(f"{{ a = {derivation(more)}; }}")
    (found,) = in_file(tree / "tool.nix", ["a"]).derivations
    assert _SECRET not in Path(found).read_text()


def test_what_is_forbidden_is_explained(tree: Path) -> None:
    (tree / "tool.nix").write_text(f"{{ a = {derivation('x = builtins.readFile /etc/shadow;')}; }}")
    with pytest.raises(ToolError, match=r"allowed-uris of nix\.conf"):
        in_file(tree / "tool.nix", ["a"])


def flake(directory: Path, outputs: str, inputs: str = "", more: str = "") -> Path:
    directory.mkdir(exist_ok=True)
    (directory / "flake.nix").write_text(
        f"{{ {more} inputs = {{ {inputs} }}; outputs = {{ self, ... }} @ given: {{ {outputs} }}; }}"
    )
    return directory


def instantiated(reference: str) -> str:
    (found,) = named(reference).derivations
    return found


def by_nix(reference: str) -> str:
    argv = [*_NIX, "eval", "--raw", "--no-write-lock-file", f"{reference}.drvPath"]
    return process.check(argv, timeout=60)


def git(directory: Path, *arguments: str) -> None:
    argv = ["git", "-c", "user.email=a@b", "-c", "user.name=x", *arguments]
    subprocess.run(argv, cwd=directory, check=True, capture_output=True)


def test_a_flake_gives_the_derivation_that_nix_gives(tmp_path: Path) -> None:
    told = "self.shortRev or self.lastModifiedDate"
    own = flake(tmp_path / "own", f"t = {derivation(f'src = self; told = {told};')};")
    assert instantiated(f"path:{own}#t") == by_nix(f"path:{own}#t")
    git(own, "init", "-q")
    git(own, "add", "-A")
    git(own, "commit", "-qm", "x")
    assert instantiated(f"{own}#t") == by_nix(f"{own}#t")
    (own / "flake.nix").write_text((own / "flake.nix").read_text() + "\n")
    assert instantiated(f"{own}#t") == by_nix(f"{own}#t")


def test_inputs_of_the_lock_are_fetched_where_they_are_needed(
    tmp_path: Path, server: Server
) -> None:
    inner = flake(tmp_path / "inner", 'v = "in";')
    with tarfile.open(tmp_path / "served/inner.tar.gz", "w:gz") as archive:
        archive.add(inner, "inner")
    own = flake(
        tmp_path / "own",
        f"t = {derivation('v = given.inner.v; src = given.inner;')}; u = {derivation()};",
        f'inner.url = "{server.url}/inner.tar.gz";',
    )
    with pytest.raises(ToolError, match="input inner of the flake is not locked"):
        instantiated(f"path:{own}#t")
    assert not (own / "flake.lock").exists()
    process.check([*_NIX, "flake", "lock", f"path:{own}"], timeout=60)
    assert instantiated(f"path:{own}#t") == by_nix(f"path:{own}#t")
    lock = json.loads((own / "flake.lock").read_text())
    lock["nodes"]["inner"]["locked"]["url"] = "http://127.0.0.1:9/not-there.tar.gz"
    lock["nodes"]["inner"]["locked"]["narHash"] = f"sha256-{'A' * 43}="
    (own / "flake.lock").write_text(json.dumps(lock))
    before = (own / "flake.lock").read_bytes()
    assert instantiated(f"path:{own}#u").endswith("-t.drv"), "what needs no input fetches none"
    assert (own / "flake.lock").read_bytes() == before


@pytest.mark.parametrize("in_lock", [False, True])
def test_an_input_of_this_machine_is_not_copied(
    tmp_path: Path, private: Path, *, in_lock: bool
) -> None:
    (private / "key").write_text(f"{_SECRET}-{tmp_path}")
    more = 'told = builtins.readFile "${given.s}/key";'
    own = flake(tmp_path / "own", f"t = {derivation(more)};", f's = {{ url = "path:{private}"; }};')
    if in_lock:
        locked = {"type": "path", "path": str(private), "narHash": f"sha256-{'A' * 43}="}
        node = {"flake": False, "locked": locked, "original": locked}
        nodes = {"root": {"inputs": {"s": "s"}}, "s": node}
        lock = {"version": 7, "root": "root", "nodes": nodes}
        (own / "flake.lock").write_text(json.dumps(lock))
    kept = set(Path("/nix/store").glob("*-source/key"))
    with pytest.raises(HarnessError, match=r"is of this machine|is not locked"):
        instantiated(f"path:{own}#t")
    assert set(Path("/nix/store").glob("*-source/key")) == kept
    assert (own / "flake.lock").exists() is in_lock


def test_settings_of_a_flake_are_not_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIX_CONFIG", "accept-flake-config = true")
    ran, hook = tmp_path / "ran", tmp_path / "hook"
    hook.write_text(f"#!/bin/sh\ntouch {ran}\n")
    hook.chmod(0o755)
    settings = f'nixConfig.post-build-hook = "{hook}"; nixConfig.build-hook = "{hook}";'
    imported = f"i = import ({derivation()}); t = {derivation()};"
    own = flake(tmp_path / "own", imported, more=settings)
    assert instantiated(f"path:{own}#t").endswith("-t.drv")
    with pytest.raises(ToolError):
        instantiated(f"path:{own}#i")
    assert not ran.exists()


def test_a_registry_is_not_asked() -> None:
    with pytest.raises(InputError, match="only a registry could tell"):
        named("nixpkgs#hello")


def test_an_attribute_that_is_missing_is_named(tmp_path: Path) -> None:
    own = flake(tmp_path / "own", "")
    reference = parse_reference(f"path:{own}#nope")
    with pytest.raises(ToolError, match=f"packages.{current_system()}.nope, .*, nope"):
        evaluation.instantiate_flake(reference, current_system())
