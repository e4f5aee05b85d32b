"""Package indexes that env.toml names, each with the packages that come from it and no other.

An address or a credential never stands there: those are the machine's, under the index's name.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated

from packaging.utils import canonicalize_name

from harness.documents.key import Checked, Key, Keys, Parsed

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?", re.ASCII)
_PATTERN = re.compile(r"[A-Za-z0-9*]([A-Za-z0-9._*-]{0,126}[A-Za-z0-9*])?", re.ASCII)


def index_name(text: str) -> str:
    """Return the name of an index.

    Raises:
        ValueError: it cannot be one.

    """
    if not _NAME.fullmatch(text):
        raise ValueError("not a name of letters, digits, dots, - and _")
    return text


def _pattern(text: str) -> str:
    if not _PATTERN.fullmatch(text):
        raise ValueError("not the name of a package, in which * stands for anything")
    return canonicalize_name(text)


def _some(patterns: tuple[str, ...]) -> tuple[str, ...]:
    if not patterns:
        raise ValueError("empty; name at least one package that the index serves")
    return tuple(sorted(set(patterns)))


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedIndex(Keys):
    """An index by the name that the machine's configuration knows it by, and what it serves."""

    name: Annotated[
        str,
        Parsed(index_name, {"pattern": f"^(?:{_NAME.pattern})$"}),
        Key("What this machine's or user's uv configuration calls the index.", "acme"),
    ]
    packages: Annotated[
        tuple[Annotated[str, Parsed(_pattern)], ...],
        Checked(_some, {"minItems": 1}),
        Key(
            "Packages that come from it and from no other index, by name; `*` stands for any part "
            "of one. Of several indexes the first that names a package serves it.",
            ["acme-*", "torch"],
        ),
    ]


def serving(package: str, indexes: Iterable[NamedIndex]) -> NamedIndex | None:
    """Return the index that a package comes from; None for the machine's usual ones."""
    name = canonicalize_name(package)
    for index in indexes:
        if any(fnmatchcase(name, pattern) for pattern in index.packages):
            return index
    return None


def by_name(packages: Mapping[str, str]) -> tuple[NamedIndex, ...]:
    """Return the indexes of packages whose index's name is known."""
    names: dict[str, list[str]] = {}
    for package, index in packages.items():
        names.setdefault(index, []).append(package)
    return tuple(NamedIndex(name=one, packages=tuple(names[one])) for one in sorted(names))


def twice(indexes: Sequence[NamedIndex]) -> int | None:
    """Return the place of an index whose name stands there before, in any spelling."""
    names = [canonicalize_name(one.name) for one in indexes]
    return next((place for place, one in enumerate(names) if one in names[:place]), None)
