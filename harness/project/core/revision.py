"""Where the sources of a repository are in its history."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """The commit (hex) that the sources are at, and whether files differ from it."""

    commit: str
    dirty: bool
