"""What FLAKE#ATTR names, and which inputs a flake.lock may have fetched: values only.

A lock is somebody else's: an input that names a place of this machine would be copied into the
store, where all may read it, and one without a hash could be anything. Neither is fetched.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from harness.errors import InputError

_PART = re.compile(r'"([^"]*)"|([^."]+)')
_ATTRIBUTE = re.compile(rf"(?:{_PART.pattern})(?:\.(?:{_PART.pattern}))*")
_FETCHED = re.compile(
    r"(?:github|gitlab|sourcehut|(?:git\+|tarball\+|file\+|hg\+)?https?|git\+ssh):"
)
_VERSIONS = (5, 6, 7)
_SCHEMES: Mapping[str, tuple[str, ...]] = {
    "git": ("https://", "http://", "ssh://", "git://"),
    "hg": ("https://", "http://", "ssh://"),
    "tarball": ("https://", "http://"),
    "file": ("https://", "http://"),
}
"""The inputs that are fetched from an address, and how it may begin."""
_FORGES = frozenset({"github", "gitlab", "sourcehut"})


class Kind(Enum):
    """How a flake's source is come by."""

    FOUND = "found"
    """A directory in or below a flake: files that git tracks, if it is in a working tree."""
    DIRECTORY = "directory"
    """All files of a directory."""
    GIT = "git"
    """A git repository of this machine, at a revision if one is given."""
    FETCHED = "fetched"
    """An address that Nix fetches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One FLAKE#ATTR: where the flake is, the directory in it, and the attribute's parts.

    `place` is a path, or an address for what is fetched; `revision` is a branch, tag or commit.
    """

    kind: Kind
    place: str
    directory: str = ""
    revision: str = ""
    attribute: tuple[str, ...] = ()


def parse_reference(text: str) -> Reference:
    """Read FLAKE#ATTR.

    Raises:
        InputError: the flake is one that only a registry could tell, or the attribute is none.

    """
    flake, _, attribute = text.partition("#")
    parts = _attribute(attribute, text)
    address, _, query = flake.partition("?")
    chosen = dict(parse_qsl(query))
    directory = chosen.pop("dir", "").strip("/")
    if ".." in directory.split("/"):
        raise InputError(f"{text}: dir leads out of the flake")
    if _FETCHED.match(address):
        place = f"{address}?{urlencode(chosen)}" if chosen else address
        return Reference(kind=Kind.FETCHED, place=place, directory=directory, attribute=parts)
    kind, place = _local(address, text)
    revision = ""
    if kind is Kind.GIT:
        revision = chosen.pop("ref", "")
        revision = chosen.pop("rev", revision)
    if chosen:
        raise InputError(f"{text}: ?{min(chosen)}= is not known of a flake on this machine")
    return Reference(
        kind=kind, place=place, directory=directory, revision=revision, attribute=parts
    )


def _attribute(attribute: str, text: str) -> tuple[str, ...]:
    if attribute and not _ATTRIBUTE.fullmatch(attribute):
        raise InputError(f'{text}: {attribute!r} is not an attribute such as a.b or a."b.c"')
    return tuple(match[1] or match[2] or "" for match in _PART.finditer(attribute))


def _local(address: str, text: str) -> tuple[Kind, str]:
    for prefix, kind in (("path:", Kind.DIRECTORY), ("git+file:", Kind.GIT)):
        if address.startswith(prefix):
            place = unquote(address.removeprefix(prefix))
            return kind, place.removeprefix("//") if place.startswith("///") else place
    if address.startswith(("/", ".")) or not address:
        return Kind.FOUND, address or "."
    raise InputError(
        f"{text}: a name that only a registry could tell; give its address, or ./{address} for a "
        "directory"
    )


def candidates(attribute: tuple[str, ...], system: str) -> list[list[str]]:
    """Return the paths at which an attribute is looked for, in that order, as `nix build` does."""
    if not attribute:
        return [["packages", system, "default"], ["defaultPackage", system]]
    below = [[output, system, *attribute] for output in ("packages", "legacyPackages")]
    return [*below, [*attribute]]


def decode_flake_lock(data: bytes, where: str) -> dict[str, Any]:
    """Read a flake.lock, all of whose inputs may be fetched.

    Raises:
        InputError: it is none, or an input is of this machine, or has no hash; names it.

    """
    lock = flake_lock(data, where)
    with told_of(where):
        for name, node in lock["nodes"].items():
            if name != lock["root"]:
                require_fetchable(name, node["locked"], where)
    return lock


def flake_lock(data: bytes, where: str) -> dict[str, Any]:
    """Read a flake.lock, whatever its inputs are.

    Raises:
        InputError: it is none, or one of an unknown version.

    """
    with told_of(where):
        lock = {**json.loads(data)}
        known = lock["version"] in _VERSIONS and isinstance(lock["nodes"][lock["root"]], dict)
    if not known:
        raise InputError(
            f"{where}: a lock of another version than {', '.join(map(str, _VERSIONS))}"
        )
    return lock


@contextmanager
def told_of(where: str) -> Iterator[None]:
    """Say of what is read in a block that it is no lock, if something is not where it should be.

    Raises:
        InputError: in place of what a wrong shape raises.

    """
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{where}: not a lock of a flake ({error!a})") from error


def require_fetchable(name: str, locked: Mapping[str, Any], where: str) -> None:
    """Refuse an input of this machine, of an unknown kind, or without a hash.

    Raises:
        InputError: names it.

    """
    kind = locked["type"]
    if is_within(locked):
        return
    if kind not in _FORGES and not str(locked.get("url")).startswith(_SCHEMES.get(kind, ())):
        raise InputError(
            f"{where}: input {name!r} is of this machine or of no known kind ({kind!r}): it would "
            "be copied into the store, which all may read; verify it in a container"
        )
    if not (isinstance(locked.get("narHash"), str) or isinstance(locked.get("rev"), str)):
        raise InputError(f"{where}: input {name!r} has no hash; run `nix flake lock`")


def is_within(locked: Mapping[str, Any]) -> bool:
    """Return whether an input is a directory of the flake that names it."""
    path = str(locked.get("path", ""))
    return locked["type"] == "path" and not path.startswith("/") and ".." not in path.split("/")


def fetched(lock: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what is to be fetched of a lock, by the name of its node, as Nix's fetchTree takes it.

    `dir` is not part of a tree's identity.
    """
    return {
        name: {key: value for key, value in node["locked"].items() if key != "dir"}
        for name, node in lock["nodes"].items()
        if name != lock["root"] and not is_within(node["locked"])
    }
