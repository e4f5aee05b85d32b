"""Facts about the demonstration's image, told by docker, skopeo, a registry and nix-store."""

import hashlib
import json
import socket
import subprocess
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.commands import image as image_command
from harness.container.core.archive import Format
from harness.errors import InputError, ToolError
from harness.fetch.bring import fetch
from harness.host import process
from harness.host.processors import current_system
from harness.image.make import BuiltImage, image_of, load, push, save
from harness.project.repository import Environment, find_repository
from tests.integration.conftest import ROOT
from tests.integration.moved import moved

pytestmark = [pytest.mark.docker, pytest.mark.nix]

_PATIENCE = 60.0
_WRITABLE = "/tmp"  # noqa: S108 - in the container
_OF_THE_ENGINE = (
    ".dockerenv",
    "dev",
    "proc",
    "sys",
    "etc/hostname",
    "etc/hosts",
    "etc/mtab",
    "etc/resolv.conf",
)
"""What Docker adds to any container, and mounts."""
_READY = """
import urllib.request
print(urllib.request.urlopen("http://127.0.0.1:8080/v2/health/ready", timeout=5).status)
"""
_RIGHTS = """
import json, os, pathlib
def writable(path):
    try:
        pathlib.Path(path, "new").touch()
    except OSError:
        return False
    return True
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
interfaces = sorted(os.listdir("/sys/class/net"))
paths = ("/", "/srv/models", os.environ["VIRTUAL_ENV"], "/tmp")
print(json.dumps([os.getuid(), os.getgid(), int(status["CapEff"], 16), int(status["CapBnd"], 16),
                  interfaces, [path for path in paths if writable(path)]]))
"""


@pytest.fixture(scope="module")
def environment() -> Environment:
    (found,) = find_repository(ROOT).select(["serving"])
    fetch([found], system=current_system())
    return found


@pytest.fixture(scope="module")
def built(environment: Environment) -> BuiltImage:
    return image_of(environment, system=current_system())


@pytest.fixture(scope="module")
def loaded(built: BuiltImage) -> str:
    return load(built)


def _docker(*arguments: str) -> str:
    return process.check(["docker", *arguments], timeout=120).strip()


@pytest.fixture(scope="module")
def container(loaded: str) -> Iterator[str]:
    """The image's own command, with nothing that a container can be without."""
    confined = ["--network=none", "--read-only", "--cap-drop=ALL", f"--tmpfs={_WRITABLE}"]
    name = _docker("run", "--detach", "--security-opt=no-new-privileges", *confined, loaded)
    yield name
    _docker("rm", "--force", name)


def test_answers_without_network_rights_or_a_place_to_write(container: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    answer = ""
    while answer != "200" and time.monotonic() < deadline:
        said = process.run(["docker", "exec", container, "python", "-c", _READY], timeout=30)
        answer = said.stdout.strip()
    assert answer == "200", _docker("logs", container)
    rights = json.loads(_docker("exec", container, "python", "-c", _RIGHTS))
    assert rights == [1000, 1000, 0, 0, ["lo"], [_WRITABLE]]


def test_the_engine_and_skopeo_know_it_by_our_digests(
    built: BuiltImage, loaded: str, tmp_path: Path
) -> None:
    assert _docker("image", "inspect", "--format={{.Id}}", "serving:latest") == built.image.id
    assert loaded == built.image.id
    archive = tmp_path / "serving.tar"
    save(built, archive, Format.OCI)
    for reference in (f"oci:{built.layout}:latest", f"oci-archive:{archive}"):
        assert _inspected(reference) == built.image.digest


def test_saving_writes_the_same_bytes_again_and_nothing_on_the_way(
    built: BuiltImage, tmp_path: Path
) -> None:
    for name in ("a.tar", "b.tar"):
        save(built, tmp_path / name, Format.DOCKER)
    digests = {_sha256((tmp_path / name).read_bytes()) for name in ("a.tar", "b.tar")}
    assert len(digests) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar", "b.tar"]
    listed = process.check(["tar", "--list", "--file", str(tmp_path / "a.tar")]).split()
    assert len(listed) == len(built.image.layers) + 2
    config = process.check(["skopeo", "inspect", "--config", f"docker-archive:{tmp_path}/a.tar"])
    assert json.loads(config)["config"]["Cmd"] == ["mlserver", "start", "/srv/models"]


def test_holds_the_closure_and_what_env_toml_names_and_nothing_else(
    environment: Environment, loaded: str
) -> None:
    files, others = _exported(loaded)
    tree = environment.roots / "environment"
    closure = process.check(["nix-store", "--query", "--requisites", str(tree)]).split()
    assert {f"/{path}" for path in others if path.count("/") == 2 and "store/" in path} == {
        *closure
    }
    different = [path for path, digest in files.items() if _of_the_host(path) != digest]
    assert different == []
    assert sorted(path for path in others if not path.startswith("nix")) == [
        "etc",
        "etc/group",
        "etc/passwd",
        "etc/ssl",
        "etc/ssl/certs",
        "etc/ssl/certs/ca-certificates.crt",
        "srv",
        "srv/models",
        "srv/models/wine",
        "srv/models/wine/model-settings.json",
        "srv/models/wine/model.joblib",
        "tmp",
        "usr",
        "usr/share",
        "usr/share/zoneinfo",
    ]


def _exported(image: str) -> tuple[dict[str, str], set[str]]:
    """Return the sha256 of the store's files and the paths of all, but for the engine's own."""
    name = _docker("create", image)
    files, paths = dict[str, str](), set[str]()
    exporting = subprocess.Popen(["docker", "export", name], stdout=subprocess.PIPE)
    with exporting, tarfile.open(fileobj=exporting.stdout, mode="r|") as archive:
        for entry in archive:
            path = entry.name.rstrip("/")
            if path.startswith(_OF_THE_ENGINE):
                continue
            paths.add(path)
            if entry.isfile() and path.startswith("nix/store/"):
                content = archive.extractfile(entry)
                assert content is not None
                files[path] = _sha256(content.read())
    _docker("rm", name)
    return files, paths


def _of_the_host(path: str) -> str:
    return _sha256(Path("/", path).read_bytes())


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _inspected(reference: str) -> str:
    inspected = process.check(["skopeo", "inspect", "--no-tags", reference], timeout=60)
    return str(json.loads(inspected)["Digest"])


@dataclass(frozen=True)
class Registry:
    """A registry on loopback and its log of requests."""

    host: str
    log: Path

    def uploads(self) -> int:
        """Return how many blobs were begun to be sent."""
        return sum(
            '"POST /v2/serving/blobs/uploads/' in line for line in self.log.read_text().splitlines()
        )


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """Debian's registry, which a client may speak to without TLS."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{free.getsockname()[1]}"
    (tmp_path / "config.yml").write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {tmp_path}/blobs}}}}\n"
        f"http: {{addr: '{host}'}}\n"
    )
    settings = tmp_path / ".config/containers/registries.conf"
    settings.parent.mkdir(parents=True)
    settings.write_text(f'[[registry]]\nlocation = "{host}"\ninsecure = true\n')
    monkeypatch.setenv("HOME", str(tmp_path))
    argv = ["docker-registry", "serve", str(tmp_path / "config.yml")]
    log = tmp_path / "log"
    with log.open("w") as file, subprocess.Popen(argv, stdout=file, stderr=file) as serving:
        try:
            _await(host)
            yield Registry(host, log)
        finally:
            serving.kill()


def _await(host: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    address, _, port = host.partition(":")
    while time.monotonic() < deadline:
        try:
            return socket.create_connection((address, int(port)), 1).close()
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"{host} does not answer")


def test_a_registry_keeps_the_digest_and_is_sent_no_blob_twice(
    built: BuiltImage, registry: Registry
) -> None:
    push(built, f"{registry.host}/serving:1")
    first = registry.uploads()
    assert first == len(built.image.layers) + 1
    push(built, f"{registry.host}/serving:2")
    assert registry.uploads() == first
    assert _inspected(f"docker://{registry.host}/serving:2") == built.image.digest


def test_a_registry_that_is_not_there_is_said(built: BuiltImage) -> None:
    with pytest.raises(ToolError, match="skopeo"):
        push(built, "127.0.0.1:1/serving:1")


@pytest.mark.usefixtures("built")
def test_an_empty_reference_is_not_no_reference() -> None:
    """What a script gives whose variable is not set."""
    result = CliRunner().invoke(image_command.command, ["serving", "--push", ""])
    assert isinstance(result.exception, ToolError)
    assert "invalid reference" in str(result.exception)


def test_only_the_package_that_moves_and_the_links_change(
    environment: Environment, built: BuiltImage, tmp_path: Path
) -> None:
    """Bar: at most 1.2 times the package, and the links, which are no more than a MiB."""
    (before,) = [layer for layer in built.image.layers if layer.name.startswith("click-")]
    after = image_of(moved(environment, "click", tmp_path), system=current_system())
    known = {layer.digest for layer in built.image.layers}
    changed = {layer.name: layer.size for layer in after.image.layers if layer.digest not in known}
    assert changed.pop("serving") < 2**20
    assert list(changed) == [f"{before.name}.1"]
    assert sum(changed.values()) <= 1.2 * before.size
    assert len(after.image.layers) <= 120


def test_the_command_says_where_the_image_is_and_what(built: BuiltImage) -> None:
    result = CliRunner().invoke(image_command.command, ["serving", "--json"])
    told = json.loads(result.stdout)
    assert (told["digest"], told["id"]) == (built.image.digest, built.image.id)
    assert Path(told["layout"]) == built.layout
    assert told["size"] == sum(layer["size"] for layer in told["layers"])
    assert built.image.digest in CliRunner().invoke(image_command.command, ["serving"]).output


def test_an_environment_without_image_is_told_what_is_missing() -> None:
    (science,) = find_repository(ROOT).select(["science"])
    with pytest.raises(InputError, match=r"envs/science/env.toml: no \[image\]"):
        image_of(science, system=current_system())
