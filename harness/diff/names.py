"""What a name that a person gives `harness diff` can stand for, before anything of it is read."""

import os
import re

from harness.project.repository import find_repository

_REFERENCE = re.compile(r"(?<=[a-z0-9]):[A-Za-z0-9_][A-Za-z0-9._-]*$")
"""The tag or digest at the end of a reference to an image; no reference goes without here."""


def is_reference(name: str) -> bool:
    """Return whether a name ends as that of an image does."""
    return _REFERENCE.search(name) is not None


def require_known(name: str) -> None:
    """Refuse a name that can only be that of an environment, and is of none.

    Raises:
        InputError: there is no such environment, or no repository.

    """
    if not (os.path.lexists(name) or os.sep in name or "@" in name or is_reference(name)):
        find_repository().select([name])
