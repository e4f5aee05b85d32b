"""The five habits of testcontainers that a container of ours does not have."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.errors import ImageNotFound

from harness.container.confined import Confined
from tests.engines import FakeEngine, serving

SETTINGS: dict[str, Any] = {"command": ["serve"], "name": "arm", "network": "none"}


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def client(engine: FakeEngine, tmp_path: Path) -> Iterator[docker.DockerClient]:
    with serving(engine, tmp_path) as host:
        made = docker.DockerClient(base_url=host, version="1.41")
        yield made
        made.close()


def test_it_starts_with_the_settings_given_and_goes_at_the_end(
    engine: FakeEngine, client: docker.DockerClient
) -> None:
    image = engine.add("service")
    settings = {**SETTINGS, "environment": {"A": "1"}, "read_only": True, "tmpfs": {"/data": ""}}
    with Confined(client, image, settings) as arm:
        facts = engine.containers["arm"]
        assert facts["State"]["Running"]
        assert facts["Config"]["Image"] == image
        assert facts["Config"]["Cmd"] == ["serve"]
        assert facts["Config"]["Env"] == ["A=1"]
        assert facts["Config"]["HostConfig"]["NetworkMode"] == "none"
        assert facts["Config"]["HostConfig"]["ReadonlyRootfs"]
        assert facts["Config"]["HostConfig"]["Tmpfs"] == {"/data": ""}
        arm.here.printed.end()
        assert arm.here.printed.tail(100) == "hello\n"
    assert engine.containers == {}
    assert client.info()["ServerVersion"], "the connection is the engine's, and stays"


def test_output_is_asked_for_before_the_start(
    engine: FakeEngine, client: docker.DockerClient
) -> None:
    with Confined(client, engine.add("service"), SETTINGS):
        posts = engine.verbs("POST")
    assert posts.index("/containers/arm/attach") < posts.index("/containers/arm/start")


def test_nothing_is_started_beside_it(engine: FakeEngine, client: docker.DockerClient) -> None:
    with Confined(client, engine.add("service"), SETTINGS):
        assert list(engine.containers) == ["arm"]
    assert engine.verbs("POST").count("/containers/create") == 1


def test_an_image_that_is_missing_is_refused_and_not_pulled(
    engine: FakeEngine, client: docker.DockerClient
) -> None:
    with pytest.raises(ImageNotFound), Confined(client, "sha256:0", SETTINGS):
        pass
    assert "/images/create" not in engine.verbs("POST")
    assert engine.containers == {}


def test_no_registry_is_logged_in_to(
    engine: FakeEngine, client: docker.DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_AUTH_CONFIG", '{"auths": {"registry": {"auth": "YTpi"}}}')
    with Confined(client, engine.add("service"), SETTINGS):
        pass
    assert "/auth" not in engine.verbs("POST")
    assert not [headers for _, _, headers in engine.asked if "X-Registry-Auth" in headers]


def test_a_container_without_a_network_of_its_own_is_a_mistake_here(
    engine: FakeEngine, client: docker.DockerClient
) -> None:
    settings = {name: value for name, value in SETTINGS.items() if name != "network"}
    with pytest.raises(KeyError, match="network"), Confined(client, engine.add("a"), settings):
        pass
