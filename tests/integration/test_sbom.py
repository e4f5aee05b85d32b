"""The demonstration's bill of materials, against what pip says of what was built."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from harness.commands.sbom import command
from harness.errors import InputError
from tests.integration.conftest import ROOT, Shipped

pytestmark = pytest.mark.nix


@pytest.fixture(scope="module")
def bill(serving: Shipped, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What `harness sbom` writes and prints, which is the same."""
    file = tmp_path_factory.mktemp("sbom") / "bill.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        written = CliRunner().invoke(command, [serving.name, "--output", str(file)])
        printed = CliRunner().invoke(command, [serving.name])
    assert (written.exit_code, printed.exit_code) == (0, 0)
    assert printed.stdout_bytes == file.read_bytes()
    return file.read_bytes()


@pytest.fixture(scope="module")
def installed(serving: Shipped) -> dict[str, dict[str, Any]]:
    """What pip says of each distribution of the environment."""
    (site,) = Path(serving.tree, "lib").glob("python3*/site-packages")
    argv = [sys.executable, "-m", "pip", "inspect", "--path", str(site)]
    told = json.loads(subprocess.run(argv, check=True, capture_output=True).stdout)
    return {
        canonicalize_name(one["metadata"]["name"]): one["metadata"] for one in told["installed"]
    }


def test_the_bill_is_valid(bill: bytes) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill.decode()) is None


def test_it_has_the_distributions_that_pip_finds(
    bill: bytes, installed: dict[str, dict[str, Any]]
) -> None:
    known = {(name, one["version"]) for name, one in installed.items()}
    components = json.loads(bill)["components"]

    wheels = [one for one in components if one["purl"].startswith("pkg:pypi/")]
    used = {(one["name"], one["version"]) for one in wheels if one["scope"] == "required"}
    assert used == known


def test_its_graph_has_the_requirements_that_pip_finds(
    bill: bytes, installed: dict[str, dict[str, Any]]
) -> None:
    graph = {one["ref"]: one.get("dependsOn", []) for one in json.loads(bill)["dependencies"]}
    edges = {
        PackageURL.from_string(ref).name: {PackageURL.from_string(one).name for one in below}
        for ref, below in graph.items()
        if ref.startswith("pkg:pypi/")
    }

    for name, metadata in installed.items():
        wanted = [Requirement(one) for one in metadata.get("requires_dist", [])]
        plain = {canonicalize_name(one.name) for one in wanted if one.marker is None}
        assert plain <= edges[name]
        assert edges[name] <= {canonicalize_name(one.name) for one in wanted}


def test_a_lock_that_env_toml_has_left_behind_is_no_bill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bill would have the lock's name and other requirements."""
    for name in ("env.toml", "pylock.toml"):
        (tmp_path / "envs/serving").mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "envs/serving" / name, tmp_path / "envs/serving" / name)
    (tmp_path / "harness.toml").touch()
    spec = tmp_path / "envs/serving/env.toml"
    spec.write_text(spec.read_text().replace("dependencies = [", 'dependencies = ["six", ', 1))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="has changed since it was locked: run `harness lock"):
        CliRunner().invoke(command, ["serving"], catch_exceptions=False)
