"""A container of testcontainers on an engine that is connected already, without five habits.

Ryuk, a container that holds the engine's socket, is not started; no registry is logged in to; an
image that is missing is not pulled but refused; an image's name gets no prefix, so that an id stays
an id; and no network is joined but the one that is given.
"""

import time
from collections.abc import Mapping
from typing import Any

from docker import DockerClient
from docker.constants import DEFAULT_DOCKER_API_VERSION
from docker.models.containers import Container
from testcontainers.core import docker_client
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from harness.container.engine_errors import remove
from harness.container.printed import Printed

testcontainers_config.ryuk_disabled = True
testcontainers_config.hub_image_name_prefix = ""

# With a version it need not ask, a client connects to nothing.
_UNCONNECTED = {"version": DEFAULT_DOCKER_API_VERSION, "environment": {}}


class Confined(DockerContainer):
    """A container with settings of the engine's; entering it starts it, leaving it removes it."""

    def __init__(self, client: DockerClient, image: str, settings: Mapping[str, Any]) -> None:
        """Prepare a container; `network` must be among its settings."""
        own = dict(settings)
        super().__init__(
            image,
            _UNCONNECTED,
            command=own.pop("command"),
            env=own.pop("environment", None),
            name=own.pop("name"),
        )
        self.tmpfs = own.pop("tmpfs", {})
        self.with_kwargs(**own)
        self._docker.client.close()
        self._docker = self.here = _Here(client)

    def stop(self, *_: object, **__: object) -> None:
        """Remove the container; the connection is the engine's, and stays."""
        if self._container:
            remove(self._container)


class _Here(docker_client.DockerClient):
    """What testcontainers asks of an engine, of one that is connected."""

    printed: Printed
    started_seconds: float

    def __init__(self, client: DockerClient) -> None:
        self.client = client

    def create(self, image: str, *args: Any, **settings: Any) -> Container:
        """Create a container of an image that is there, in the network that is given."""
        return self.client.containers.create(
            image, *args, network=settings.pop("network"), **settings
        )

    def start(self, container: Container) -> None:
        """Start a container, and read what it prints from the first byte."""
        self.printed = Printed(self.client, container)
        self.started_seconds = time.monotonic()
        super().start(container)
