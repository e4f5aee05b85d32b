"""The predicates of statements, a row each: the URI of its type, and what it says for a quorum.

Statements are made of a row, and who counts them knows every row: one of another type that stands
beside a rebuild's is told as refused.
"""

from enum import StrEnum
from typing import Self


class Predicate(StrEnum):
    """A type of predicate; `claims` is whether it says which bytes a builder built."""

    claims: bool

    def __new__(cls, uri: str, claims: bool) -> Self:
        """Make a member of its row."""
        made = str.__new__(cls, uri)
        made._value_ = uri
        made.claims = claims
        return made

    REBUILD = "urn:harness:rebuild:v1", True
    PROVENANCE = "https://slsa.dev/provenance/v1", False
    MATERIALS = "https://cyclonedx.org/bom", False
    SHADOW = "urn:harness:shadow:v1", False


def is_silent(uri: str) -> bool:
    """Return whether statements of a type are known, and say nothing of which bytes were built."""
    return any(one == uri and not one.claims for one in Predicate)
