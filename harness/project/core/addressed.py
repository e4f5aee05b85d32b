"""A requirement by address: one wheel by its sha256, or one commit of a repository.

They are `name @ https://host/file.whl#sha256=...` and `name @ git+https://host/repository@COMMIT`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from packaging.requirements import Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from harness.render.address import plain, problem

_SHA256 = re.compile(r"sha256=([0-9a-f]{64})")
_SCHEMES = ("http", "https")
_WHEEL = ".whl"
_GIT = "git+"
_REPOSITORIES = ("hg+", "svn+", "bzr+", "git@")
_BELOW = re.compile(
    r"subdirectory=((?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*)"
)
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """A wheel's file name, its address without the hash, and its sha256 (hex) if it is told."""

    file: str
    url: str
    sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit of a git repository: the repository's address, and the commit's 40 hex digits.

    `directory` is where the project stands in it, "" at the top.
    """

    url: str
    commit: str
    directory: str = ""

    @property
    def requirement(self) -> str:
        """The address that a requirement names it by."""
        below = f"#subdirectory={self.directory}" if self.directory else ""
        return f"{_GIT}{self.url}@{self.commit}{below}"


def commit_of(requirement: Requirement) -> Commit | None:
    """Return the commit that a requirement names; None where it names none.

    Raises:
        ValueError: it names a branch, a tag, or an address that is not to be asked.

    """
    if requirement.url is None or not requirement.url.startswith(_GIT):
        return None
    whole, _, fragment = requirement.url.removeprefix(_GIT).partition("#")
    url, _, commit = whole.rpartition("@")
    if not _COMMIT.fullmatch(commit):
        raise ValueError(
            "a package from a repository is locked by its commit: write @ and all 40 digits behind "
            "the address; a branch or a tag may move"
        )
    match = _BELOW.fullmatch(fragment)
    if fragment and not match:
        raise ValueError(f"#{fragment}: not #subdirectory= and a plain path in the repository")
    _require_open(url)
    return Commit(url=url, commit=commit, directory=match[1] if match else "")


def commits(dependencies: Iterable[str]) -> dict[str, Commit]:
    """Return the packages that requirements name by commit."""
    named = ((one.name, commit_of(one)) for one in map(Requirement, dependencies))
    return {canonicalize_name(name): commit for name, commit in named if commit}


def addressed(requirement: Requirement) -> Addressed | None:
    """Return the wheel that a requirement names by address; None where it names something else.

    Raises:
        ValueError: it names an address of another kind, or one with a secret in it.

    """
    if requirement.url is None or commit_of(requirement):
        return None
    url, _, fragment = requirement.url.partition("#")
    if url.startswith(_REPOSITORIES):
        raise ValueError("of repositories those of git are read, by git+https: or git+http: alone")
    _require_open(url)
    match = _SHA256.fullmatch(fragment)
    if fragment and not match:
        raise ValueError("what stands after # is not sha256= and 64 hex digits in lower case")
    file = unquote(urlsplit(url).path.rpartition("/")[2])
    _require_wheel_of(requirement.name, file)
    return Addressed(file=file, url=url, sha256=match[1] if match else None)


def _require_open(url: str) -> None:
    if wrong := problem(url, _SCHEMES):
        raise ValueError(wrong)
    if plain(url) != url or ";" in url:
        raise ValueError(
            "an address with a user, a query or a secret in it, which would stand in the lock; "
            "netrc has credentials"
        )


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
