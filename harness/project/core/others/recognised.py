"""Which tool wrote a file, by its content: names of files are a habit, and may be anything."""

import re
from enum import Enum

_TOML = re.compile(rb"^(\xef\xbb\xbf)?(\[|lock-version[ \t]*=|version[ \t]*=[^=])", re.MULTILINE)
"""What a line of a lock in TOML begins with, and no line of a requirements file."""


_PACKAGE = re.compile(rb"^\[\[package\]\]", re.MULTILINE)
_POETRY = re.compile(rb"^content-hash[ \t]*=", re.MULTILINE)
_YAML = re.compile(rb"^(dependencies|channels)[ \t]*:", re.MULTILINE)
_LOCKED = re.compile(rb"^packages?[ \t]*:", re.MULTILINE)
_PIXI = re.compile(rb"^environments[ \t]*:", re.MULTILINE)


class Kind(Enum):
    """Kinds of files that an environment may be taken from."""

    PYLOCK = "pylock.toml"
    POETRY = "poetry.lock"
    UV = "uv.lock"
    CONDA_LOCK = "conda-lock.yml"
    PIXI = "pixi.lock"
    CONDA = "environment.yml"
    REQUIREMENTS = "requirements.txt"


def recognised(data: bytes) -> Kind:
    """Return the kind of a file; what is no other is a requirements file."""
    if _TOML.search(data):
        if not _PACKAGE.search(data):
            return Kind.PYLOCK
        return Kind.POETRY if _POETRY.search(data) else Kind.UV
    if _LOCKED.search(data):
        return Kind.PIXI if _PIXI.search(data) else Kind.CONDA_LOCK
    return Kind.CONDA if _YAML.search(data) else Kind.REQUIREMENTS
