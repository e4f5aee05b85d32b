"""Engine: one docker daemon on this machine, through its SDK.

Images come as archives of `docker save` and are read here; nothing is ever pulled. Containers are
started by `harness.container.arms`; those that a killed run left are found by their labels.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

import docker
import requests
from docker.errors import APIError, ImageNotFound
from docker.models.containers import Container

from harness.container.arms import RunningArm, start
from harness.container.confinement import OWNER, RUN, ArmSpec
from harness.container.engine_errors import engine_errors, remove
from harness.container.engine_line import FAILURES, SECONDS, EngineLine
from harness.container.untagged import image_id, untagged
from harness.errors import InputError, ToolError
from harness.host.files import Kind, noted
from harness.host.metered import limit_of
from harness.host.owner import is_gone
from harness.host.sockets import listens
from harness.render.address import hidden, redacted

__all__ = ["ArmSpec", "Engine", "ImageFacts", "RunningArm", "connect"]

_LOCAL = "unix:///var/run/docker.sock"
_HERE = "http+docker://localhost"
_LONGEST_REASON = 400
_MEND = (
    "start one (sudo apt-get install docker.io), let this user in (sudo adduser $USER docker), "
    "or name its unix socket in DOCKER_HOST"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """What the engine says of an image.

    `id` is the digest of its configuration; `digests` are those of the registries it came from,
    `name@sha256:…`; `config` is the configuration's `config`; `size` is in bytes, unpacked.
    """

    id: str
    digests: tuple[str, ...]
    config: Mapping[str, Any]
    size: int


class Engine:
    """One docker daemon, as `connect` gives it; leaving its context closes the connection."""

    def __init__(self, client: docker.DockerClient, facts: Mapping[str, Any]) -> None:
        self._client = client
        self._facts = facts

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def version(self) -> str:
        """Return the engine's version, as in `docker version`."""
        return str(self._facts["ServerVersion"])

    def load(self, archive: Path | Iterable[bytes]) -> str:
        """Load an archive with one image, as a stream; return the image's id.

        A file may be anybody's: it gets no name, so that it takes none from another image.

        Raises:
            ToolError: the engine refuses it, or the file cannot be read.
            InputError: it holds no image, or several.

        """
        # The SDK's types know of files only; what it passes to requests may be any iterator.
        chunks: Any = iter(untagged(archive) if isinstance(archive, Path) else archive)
        with engine_errors("loading an image"):
            images = self._client.images.load(chunks)
        if len({image.id for image in images}) != 1:
            raise InputError(f"an archive with {len(images)} images; expected one")
        return str(images[0].id)

    @contextmanager
    def loaded(self, archive: Path | Iterable[bytes]) -> Iterator[str]:
        """Load an image for a while: it goes at the end, unless it was there before or is used.

        Raises:
            ToolError, InputError: as `load`.

        """
        before = self._image_ids()
        expected = {image_id(archive)} - before if isinstance(archive, Path) else set()
        with noted(Kind.IMAGE, *expected):
            image = self.load(archive)
            if image in before:
                yield image
                return
            with noted(Kind.IMAGE, *({image} - expected)):
                try:
                    yield image
                finally:
                    self.remove_image(image)

    def has_nameless(self, image: str) -> bool:
        """Return whether an image of this id is there that nobody has given a name.

        Raises:
            ToolError: the engine does not answer.

        """
        with engine_errors(f"image {image}"), suppress(ImageNotFound):
            return not self._client.images.get(image).tags
        return False

    def remove_image(self, image: str) -> None:
        """Remove an image with all its names; one that a container uses is no longer ours alone.

        Raises:
            ToolError: the engine cannot.

        """
        with engine_errors(f"removing image {image}"):
            try:
                self._client.images.remove(image, force=True)
            except APIError as error:
                if error.status_code not in {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}:
                    raise

    def image(self, reference: str) -> ImageFacts:
        """Return the facts of an image by tag, digest or id; it must be there already.

        Raises:
            InputError: it is not.
            ToolError: the engine does not answer.

        """
        with engine_errors(f"image {reference}"):
            try:
                attributes = self._client.images.get(reference).attrs
            except ImageNotFound:
                raise InputError(
                    f"{reference}: the container engine has no such image; "
                    "`docker pull` or `docker load` it first"
                ) from None
        return ImageFacts(
            id=attributes["Id"],
            digests=tuple(attributes.get("RepoDigests") or ()),
            config=attributes["Config"],
            size=attributes["Size"],
        )

    def save(self, reference: str) -> Iterator[bytes]:
        """Yield the archive of an image (`docker save`) as a stream.

        Raises:
            InputError: there is no such image.
            ToolError: the engine does not answer.

        """
        image = self.image(reference).id
        with engine_errors(f"saving image {reference}"):
            yield from self._client.images.get(image).save(named=False)

    def stacks(self) -> list[tuple[str, ...]]:
        """Return the layers of each image, lowest first, as digests of the tars that they were.

        Raises:
            ToolError: the engine does not answer.

        """
        found = list[tuple[str, ...]]()
        with engine_errors("the list of images"):
            for image in self._client.api.images(quiet=True):
                with suppress(ImageNotFound):  # removed meanwhile by somebody else
                    root = self._client.images.get(image).attrs.get("RootFS") or {}
                    found.append(tuple(map(str, root.get("Layers") or ())))
        return found

    def has_image(self, image: str) -> bool:
        """Return whether an image of this id is there.

        Raises:
            ToolError: the engine does not answer.

        """
        return image in self._image_ids()

    def start(self, spec: ArmSpec) -> RunningArm:
        """Start an isolated arm.

        Raises:
            ToolError: as `harness.container.arms.start`.

        """
        return start(self._client, self._facts, spec)

    def remove_left_over(self, is_gone: Callable[[str], bool] = is_gone) -> list[str]:
        """Remove the containers of harness whose owner is gone, and return their names in order.

        Raises:
            ToolError: the engine cannot list or remove them.

        """
        left = self._left_over(is_gone)
        for container in left:
            remove(container)
        return sorted(str(container.name) for container in left)

    def left_over(self) -> list[str]:
        """Return the names of such containers, and remove none.

        Raises:
            ToolError: the engine cannot list them.

        """
        return sorted(str(container.name) for container in self._left_over(is_gone))

    def _left_over(self, is_gone: Callable[[str], bool]) -> list[Container]:
        with engine_errors("the list of containers"):
            found = self._client.containers.list(
                all=True, ignore_removed=True, filters={"label": [OWNER, RUN]}
            )
        return [container for container in found if is_gone(container.labels[OWNER])]

    def _image_ids(self) -> set[str]:
        with engine_errors("the list of images"):
            return set(self._client.api.images(quiet=True, all=True))


def connect() -> Engine:
    """Return the engine of this machine: the one of DOCKER_HOST, else /var/run/docker.sock.

    Raises:
        ToolError: none answers, or it is on another machine; says what to do.

    """
    host = os.environ.get("DOCKER_HOST", _LOCAL)
    if not host.startswith("unix://"):
        said = redacted(host, hidden(host))
        raise ToolError(
            f"DOCKER_HOST: {said} is not a unix socket, and an engine elsewhere cannot share "
            f"a run's directory; {_MEND}"
        )
    if not listens(Path(host.removeprefix("unix://"))):
        raise ToolError(f"{host}: no container engine answers this user; {_MEND}")
    try:
        client = _client(host)
        facts = client.info()
        facts["ServerVersion"]  # an engine has one
    except FAILURES as error:
        said = " ".join(str(limit_of(error) or error).split())[:_LONGEST_REASON]
        raise ToolError(f"{host}: not a container engine ({said}); {_MEND}") from None
    return Engine(client, facts)


def _client(host: str) -> docker.DockerClient:
    """Return the SDK's client with a connection of ours; it asks nothing by itself."""
    line = EngineLine(host.removeprefix("unix://"), SECONDS)
    with requests.Session() as asking:
        asking.trust_env = False
        asking.mount(_HERE, line)
        version = asking.get(f"{_HERE}/version", timeout=SECONDS).json()["ApiVersion"]
    client = docker.DockerClient(base_url=host, version=str(version), timeout=SECONDS)
    client.api.mount(_HERE, line)
    return client
