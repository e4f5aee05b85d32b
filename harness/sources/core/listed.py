"""A file as an index or another tool's lock lists it: its name and what hashes are told of it.

Formats: PEP 503 and PEP 691 (indexes), PEP 751 (locks). Rules kept here: an algorithm counts if
hashlib always has it, with a digest of one length; digests are compared in lower case.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import algorithms_guaranteed

from harness.errors import InputError
from harness.sources.core.input import Input

SHA256 = "sha256"
ALGORITHMS = tuple(sorted(name for name in algorithms_guaranteed if not name.startswith("shake")))
"""What a listed hash may be made by."""
_WEAK = frozenset({"md5", "sha1"})
"""Two files can be made that have one of these hashes in common."""
_HEX = re.compile(r"[0-9a-f]{32,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One file by name; `hashes` by algorithm, in hex; `url` and `size` where they are told."""

    file: str
    hashes: Mapping[str, str]
    url: str = ""
    size: int | None = None


def known_hashes(told: Mapping[str, str]) -> dict[str, str]:
    """Return the hashes that can be checked, in lower case."""
    lower = {name.lower(): digest.lower() for name, digest in told.items()}
    return {name: lower[name] for name in ALGORITHMS if _HEX.fullmatch(lower.get(name, ""))}


def weak(hashes: Mapping[str, str]) -> str:
    """Return the names of the algorithms, where two files can be made that have all in common."""
    return ", ".join(sorted(hashes)) if hashes and hashes.keys() <= _WEAK else ""


def agree(one: Mapping[str, str], other: Mapping[str, str]) -> bool | None:
    """Say whether two files' hashes are of one file; None where no algorithm is common to both."""
    common = one.keys() & other.keys()
    return all(one[name] == other[name] for name in common) if common else None


def as_input(listed: Listed) -> Input:
    """Return a file whose size and sha256 are known.

    Raises:
        InputError: they are not, or its name is none of a file.

    """
    if SHA256 not in listed.hashes:
        raise InputError(f"{listed.file}: no sha256")
    return Input(
        file=listed.file,
        size=listed.size or 0,
        sha256=listed.hashes[SHA256],
        url=listed.url or None,
    )
