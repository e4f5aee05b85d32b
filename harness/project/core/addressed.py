"""A requirement by address: one wheel, by its sha256 (`name @ https://host/file.whl#sha256=...`)."""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from packaging.requirements import Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from harness.render.address import plain, problem

_SHA256 = re.compile(r"sha256=([0-9a-f]{64})")
_SCHEMES = ("http", "https")
_WHEEL = ".whl"
_REPOSITORIES = ("git+", "hg+", "svn+", "bzr+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """A wheel's file name, its address without the hash, and its sha256 (hex) if it is told."""

    file: str
    url: str
    sha256: str | None


def addressed(requirement: Requirement) -> Addressed | None:
    """Return the wheel that a requirement names by address; None where it names versions.

    Raises:
        ValueError: it names an address of another kind, or one with a secret in it.

    """
    if requirement.url is None:
        return None
    url, _, fragment = requirement.url.partition("#")
    if url.startswith(_REPOSITORIES):
        raise ValueError(
            "a package from a repository is not locked yet: build its wheel, and name the wheel's "
            "address with its sha256"
        )
    if wrong := problem(url, _SCHEMES):
        raise ValueError(wrong)
    if plain(url) != url or ";" in url:
        raise ValueError(
            "an address with a user, a query or a secret in it, which would stand in the lock; "
            "netrc has credentials"
        )
    match = _SHA256.fullmatch(fragment)
    if fragment and not match:
        raise ValueError("what stands after # is not sha256= and 64 hex digits in lower case")
    file = unquote(urlsplit(url).path.rpartition("/")[2])
    _require_wheel_of(requirement.name, file)
    return Addressed(file=file, url=url, sha256=match[1] if match else None)


def _require_wheel_of(name: str, file: str) -> None:
    if not file.endswith(_WHEEL):
        raise ValueError("an address that is none of a wheel (.whl)")
    try:
        own = parse_wheel_filename(file)[0]
    except InvalidWheelFilename as error:
        raise ValueError(f"{file!r} is not the name of a wheel") from error
    if own != canonicalize_name(name):
        raise ValueError(f"{file!r} is a wheel of {own}")


def with_hash(requirement: Requirement, wheel: Addressed, sha256: str) -> Requirement:
    """Return the requirement with the hash of its wheel."""
    made = Requirement(str(requirement))
    made.url = f"{wheel.url}#sha256={sha256}"
    return made
