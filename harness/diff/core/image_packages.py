"""The packages that an image says it has, and what differs between two images' packages.

Python: the names of `.dist-info` directories (PyPA, Recording installed projects) and of Debian's
`.egg-info`. Debian: dpkg's status database, /var/lib/dpkg/status or the files of status.d.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from harness.diff.core.report import ADDED, REMOVED, Item, Level
from harness.lock.core.values import Lock

PYTHON, DEBIAN = "python", "debian"
_INSTALLED = re.compile(
    r"(?:^|/)(?P<name>[A-Za-z0-9][A-Za-z0-9._]*)-(?P<version>[^-/]{1,100})"
    r"(?:\.dist-info/METADATA|(?:-py[0-9.]+)?\.egg-info(?:/PKG-INFO)?)$"
)
_STATUS = re.compile(r"var/lib/dpkg/(?:status|status\.d/[^/]+)")
_LONGEST_VALUE = 200
Versions = Mapping[tuple[str, str], str]
"""Versions by ecosystem and name; several of one name are joined by commas."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A package that two images have in other versions; "" where an image has none of it."""

    ecosystem: str
    name: str
    first: str
    second: str


def is_status(path: str) -> bool:
    """Return whether a file of an image is a part of dpkg's database."""
    return _STATUS.fullmatch(path) is not None and not path.endswith(".md5sums")


def packages(paths: Iterable[str], statuses: Iterable[str]) -> Versions:
    """Return the packages of an image from the paths of its files and texts of dpkg's database."""
    found = defaultdict[tuple[str, str], set[str]](set)
    for path in paths:
        if (match := _INSTALLED.search(path)) is not None:
            found[PYTHON, canonicalize_name(match["name"])].add(match["version"])
    for text in statuses:
        for paragraph in text.split("\n\n"):
            fields = _fields(paragraph)
            if "Package" in fields and fields.get("Status", "ok installed").endswith(" installed"):
                found[DEBIAN, fields["Package"]].add(fields.get("Version", "?"))
    return {key: ", ".join(sorted(versions)) for key, versions in sorted(found.items())}


def _fields(paragraph: str) -> dict[str, str]:
    """Return the fields of a line each; the others, which go on, are not asked for."""
    lines = (line.partition(":") for line in paragraph.splitlines() if not line.startswith(" "))
    return {name: value.strip()[:_LONGEST_VALUE] for name, colon, value in lines if colon}


def locked_packages(lock: Lock, system: str) -> Versions:
    """Return the packages of an image that is made from a lock, for a target."""
    target = lock.targets[system]
    wheels = {
        (PYTHON, package.name): package.version
        for package in lock.packages
        if any(file.file in target.files for file in package.files)
    }
    return {**wheels, **{(DEBIAN, deb.package): deb.version for deb in target.debs}}


def compare_packages(first: Versions, second: Versions) -> tuple[Move, ...]:
    """Return the packages that move, then those that come or go, by ecosystem and name."""
    moves = (
        Move(ecosystem=key[0], name=key[1], first=first.get(key, ""), second=second.get(key, ""))
        for key in sorted(first.keys() | second.keys())
        if first.get(key) != second.get(key)
    )
    return tuple(sorted(moves, key=lambda move: not (move.first and move.second)))


def package_level(first: Versions, second: Versions) -> Level | None:
    """Return the difference as `harness diff` shows it: what moved stands before what one lacks."""
    moves = compare_packages(first, second)
    if not moves:
        return None
    items = tuple(map(_item, moves))
    counts = [sum(item.field == field for item in items) for field in ("moved", ADDED, REMOVED)]
    summary = "{} moved, {} added, {} removed".format(*counts)
    missing = [
        f"; no Debian packages are listed in the {side}"
        for side, known in (("first", first), ("second", second))
        if not any(ecosystem == DEBIAN for ecosystem, _ in known)
    ]
    return Level(name="packages", summary="".join([summary, *missing]), items=items)


def _item(move: Move) -> Item:
    field = "moved" if move.first and move.second else REMOVED if move.first else ADDED
    subject = f"{move.ecosystem} {move.name}"
    return Item(subject=subject, field=field, first=move.first, second=move.second)
