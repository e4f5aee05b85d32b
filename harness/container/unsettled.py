"""Unsettled: testcontainers without what it takes from the environment or the home directory."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

_SETTINGS = ("DOCKER_", "RYUK_", "TC_", "TESTCONTAINERS_")
_HOME = "HOME"


@contextmanager
def unsettled() -> Iterator[None]:
    """Hide such settings for a while: it reads them as it is imported and as a container is made.

    The home directory is nowhere meanwhile, and with it .testcontainers.properties.
    """
    names = [name for name in os.environ if name == _HOME or name.startswith(_SETTINGS)]
    hidden = {name: os.environ[name] for name in names}
    for name in hidden:
        del os.environ[name]
    os.environ[_HOME] = os.devnull
    try:
        yield
    finally:
        del os.environ[_HOME]
        os.environ.update(hidden)
