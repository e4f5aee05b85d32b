"""The lock of an environment, decoded once however often it is asked for."""

from functools import lru_cache

from harness.lock.core.pylock import decode_lock
from harness.lock.core.values import Lock
from harness.project.repository import Environment


def read_lock(environment: Environment) -> Lock:
    """Read pylock.toml.

    Raises:
        InputError: there is none, or it is not valid.

    """
    return _decoded(environment.lock_bytes, environment.shown(environment.lock_path))


_decoded = lru_cache(maxsize=8)(decode_lock)
