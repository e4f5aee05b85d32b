"""A package of Debian as a lock names it."""

from dataclasses import dataclass

from harness.sources.core.input import Input


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedDeb:
    """One Debian package: its file, its version, and its path below a mirror's root.

    `archive` is the suite whose index named it ("bookworm", "bookworm-security"): different
    suites can live on different mirrors.
    """

    package: str
    version: str
    path: str
    archive: str
    input: Input
