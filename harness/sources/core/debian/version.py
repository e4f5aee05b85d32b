"""The order of Debian versions (deb-version(7)): [epoch:]upstream[-revision]."""

import operator
import re
from collections.abc import Callable

_PARTS = re.compile(r"([^0-9]*)([0-9]*)")
_VERSION = re.compile(r"(?:([0-9]{1,9}):)?([A-Za-z0-9.+~-]+)")
_END = ((0,), 0)
"""What dpkg compares with where the other version has ended: nothing, then zero."""

Key = tuple[int, tuple[tuple[tuple[int, ...], int], ...], tuple[tuple[tuple[int, ...], int], ...]]


def version_key(version: str) -> Key:
    """Return what orders versions as dpkg does.

    Raises:
        ValueError: the text is not a version.

    """
    match = _VERSION.fullmatch(version)
    if match is None:
        raise ValueError(f"{version[:80]!r} is not a Debian version")
    upstream, dash, revision = match[2].rpartition("-")
    if not dash:
        upstream, revision = match[2], ""
    return int(match[1] or 0), _part_key(upstream), _part_key(revision)


def _part_key(text: str) -> tuple[tuple[tuple[int, ...], int], ...]:
    first, *rest = (
        ((*map(_rank, letters), 0), int(digits or 0)) for letters, digits in _PARTS.findall(text)
    )
    while rest and rest[-1] == _END:
        rest.pop()
    return (first, *rest, _END)


def _rank(letter: str) -> int:
    if letter == "~":
        return -1
    return ord(letter) if letter.isalpha() else ord(letter) + 256


def upstream(version: str) -> str:
    """Return a version without epoch and Debian revision: "3.11.2" of "3.11.2-6+deb12u6"."""
    rest = version.partition(":")[2] or version
    return rest.rpartition("-")[0] or rest


_HOLDS: dict[str, Callable[[Key, Key], bool]] = {
    "<<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">>": operator.gt,
}


def satisfies(version: str, relation: str, wanted: str) -> bool:
    """Return whether a relation such as (>= 2.36) holds for a version."""
    return _HOLDS[relation](version_key(version), version_key(wanted))
