"""A build of CPython as a lock names it, where a base does not have its distribution's."""

from dataclasses import dataclass

from harness.sources.core.input import Input


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedInterpreter:
    """One archive of python-build-standalone: its release, which is a directory of a mirror."""

    release: str
    input: Input
