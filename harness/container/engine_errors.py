"""What an engine fails at, as an error of harness; and removing a container, where it may fail."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from http import HTTPStatus

from docker.errors import APIError
from docker.models.containers import Container

from harness.container.engine_line import FAILURES
from harness.errors import ToolError
from harness.host.metered import limit_of

_LONGEST_REASON = 400


@contextmanager
def engine_errors(where: str, *, hidden: Collection[str] = ()) -> Iterator[None]:
    """Raise what goes wrong with the engine as ToolError, with `hidden` texts blotted out."""
    try:
        yield
    except FAILURES as error:
        said = error.explanation if isinstance(error, APIError) else limit_of(error)
        reason = blotted(" ".join(str(said or error).split()), hidden)
        raise ToolError(f"{where}: the container engine: {reason[:_LONGEST_REASON]}") from None


def blotted(text: str, hidden: Collection[str]) -> str:
    """Return a text in which stars stand for the texts that must not be told."""
    for value in sorted(filter(None, hidden), key=len, reverse=True):
        text = text.replace(value, "***")
    return text


def remove(container: Container) -> None:
    """Remove a container, running or not; one that is gone, or on its way, is not an error.

    Raises:
        ToolError: the engine cannot.

    """
    with engine_errors(f"removing container {container.name}"):
        try:
            container.remove(force=True, v=True)
        except APIError as error:
            if error.status_code not in {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}:
                raise
