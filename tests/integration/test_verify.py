"""`harness verify` on an environment whose derivations are ours: small, and wrong where wanted."""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from harness.build import realise
from harness.commands.verify import command
from harness.errors import InputError, IntegrityError, ToolError
from harness.fetch.bring import fetch
from harness.host.processors import current_system
from harness.lock.core.pylock import encode_lock
from harness.lock.core.required import required
from harness.lock.read import read_lock
from harness.project.repository import Environment, find_repository
from harness.sources.core.input import Input
from harness.verify.core.verdict import Verification
from harness.verify.environment import verify
from harness.verify.rebuild import Options
from tests import fakes, stores
from tests.derivations import UNSTABLE, Derivations
from tests.render.test_sarif import read

pytestmark = pytest.mark.nix

_ENTRY = """
{{ environments, name, system }}:
rec {{
  environment = import {};
  shell = environment;
  installer = environment;
  image = environment;
}}
"""


@dataclass(frozen=True)
class Repository:
    """A repository with a fetched environment `a`, whose builder runs a script of the test."""

    root: Path
    library: Path

    @property
    def environment(self) -> Environment:
        return find_repository(self.root).select(("a",))[0]

    def made_by(self, script: str) -> None:
        """Let the environment be what this shell script makes."""
        derivation = Derivations(self.library).instantiate(script)
        (self.library / "nix").mkdir(exist_ok=True)
        (self.library / "nix" / "entry.nix").write_text(_ENTRY.format(derivation))


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    for name in ("STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    root, library = tmp_path / "repository", tmp_path / "library"
    root.mkdir()
    library.mkdir()
    monkeypatch.chdir(root)
    monkeypatch.setattr(realise, "files", lambda _: library)
    # What this library makes is made of nothing, so not of the lock's wheels either.
    monkeypatch.setattr(realise, "require_locked", lambda *_, **__: None)
    with fakes.serving() as server:
        lock = stores.published_lock(server)
        stores.write_repository(root, a=lock)
        found = Repository(root=root, library=library)
        fetch([found.environment], system=current_system())
    return found


def _harness_verify(*arguments: str) -> Result:
    return CliRunner(catch_exceptions=False).invoke(command, ["a", "--plain", *arguments])


def _report(*arguments: str) -> tuple[int, dict[str, Any]]:
    result = _harness_verify("--json", *arguments)
    report = json.loads(result.stdout)
    assert report["exit-code"] == result.exit_code
    return result.exit_code, report["environments"][0]


def test_a_reproducible_environment_is_the_same(repository: Repository) -> None:
    repository.made_by("echo same > $out")
    status, report = _report()
    assert (status, report["verdict"], report["counts"]) == (0, "SAME", {"SAME": 1})
    assert not report["outputs"][0]["remembered"]
    status, again = _report()
    assert (status, again["outputs"][0]["remembered"]) == (0, True)
    assert again["outputs"][0]["verified-at"] == report["outputs"][0]["verified-at"]


def test_the_terminal_tells_when_and_under_what(repository: Repository) -> None:
    repository.made_by("echo same > $out")
    lines = _harness_verify().stdout.splitlines()
    assert lines[0] == "a: SAME (1 SAME)"
    assert lines[1].startswith("  verified on 20")
    assert lines[2].startswith("  under a plain rebuild, Nix ")
    assert "remembered" in _harness_verify().stdout
    assert "remembered" not in _harness_verify("--fresh").stdout
    assert _harness_verify("-v").stdout.splitlines()[0].split() == ["SAME", "harness-test"]


def test_an_irreproducible_environment_is_different(repository: Repository) -> None:
    repository.made_by(f"{UNSTABLE} > $out")
    junit = repository.root / "report.xml"
    sarif = repository.root / "report.sarif"
    status, report = _report("--junit", str(junit), "--sarif", str(sarif))
    assert (status, report["verdict"]) == (1, "DIFFERENT")
    (result,) = read(sarif.read_bytes())["results"]
    assert (
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "envs/a/env.toml"
    )
    (output,) = report["outputs"]
    first, rebuilt = (Path(tree).read_bytes() for tree in output["trees"])
    assert first != rebuilt
    assert Path(output["trees"][1]).is_relative_to(repository.root / ".harness/differences/a")
    (suite,) = ET.fromstring(junit.read_bytes())  # noqa: S314 - our own text
    assert (suite.get("failures"), suite.get("errors")) == ("1", "0")
    assert "content, from byte" in _harness_verify().stdout


def test_an_environment_that_does_not_build_is_a_tool_error(repository: Repository) -> None:
    repository.made_by("echo the reason; exit 3")
    junit = repository.root / "report.xml"
    status, report = _report("--junit", str(junit))
    assert (status, report["verdict"]) == (3, "BUILD FAILED")
    (output,) = report["outputs"]
    assert "the reason" in output["reason"]
    (suite,) = ET.fromstring(junit.read_bytes())  # noqa: S314 - our own text
    assert (suite.get("failures"), suite.get("errors")) == ("0", "1")


def test_keep_going_judges_what_was_built(repository: Repository) -> None:
    repository.made_by("exit 3")
    status, report = _report("--keep-going")
    assert (status, report["counts"]) == (3, {"BUILD FAILED": 1, "INCONCLUSIVE": 1})


def test_a_stale_lock_is_the_users_to_mend(repository: Repository) -> None:
    repository.made_by("echo same > $out")
    spec = repository.environment.spec_path
    spec.write_text(spec.read_text().replace("[]", '["numpy"]'))
    with pytest.raises(InputError, match=r"run `harness lock a`"):
        _verified(repository)


def test_an_input_that_is_not_there_is_to_be_fetched(repository: Repository) -> None:
    repository.made_by("echo same > $out")
    lock = replace(read_lock(repository.environment), installer=_installer("0" * 64))
    repository.environment.lock_path.write_bytes(encode_lock(lock))
    with pytest.raises(ToolError, match=r"run `harness fetch a`"):
        _verified(repository)


def _installer(sha256: str) -> Input:
    return Input(file="installer-1-py3-none-any.whl", size=1, sha256=sha256)


@pytest.mark.parametrize("is_seed", [False, True], ids=["wheel", "seed"])
def test_an_input_whose_bytes_changed_breaks_integrity(
    repository: Repository, is_seed: bool
) -> None:
    repository.made_by("echo same > $out")
    needs = required(read_lock(repository.environment), [current_system()])
    path = Path(next(need.path for need in needs if need.is_seed is is_seed))
    file = path / "bin/busybox" if is_seed else path
    content = file.read_bytes()
    file.chmod(0o755)
    try:
        file.write_bytes(content + b"!")
        with pytest.raises(IntegrityError, match=re.escape(f"{path}: ")):
            _verified(repository)
    finally:
        file.write_bytes(content)
        file.chmod(0o555 if is_seed else 0o444)


def _verified(repository: Repository) -> Verification:
    return verify(repository.environment, Options(factors=frozenset()), system=current_system())
