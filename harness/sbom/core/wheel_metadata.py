"""What a wheel says of itself in METADATA: what it requires, its licence, who supplies it.

Format: PyPA, Core metadata specifications (up to 2.4, PEP 639), read by packaging. Installers take
more than the format allows, so nothing of a wheel's METADATA is refused here: a requirement in an
older spelling keeps its name, extras and marker; one that means nothing is kept as it is written.
"""

import re
from dataclasses import dataclass
from email.utils import getaddresses

from packaging.metadata import RawMetadata, parse_email
from packaging.requirements import InvalidRequirement, Requirement

LARGEST = 2**22
"""Bytes of METADATA that are read; a long description at its end may be cut off."""
_MOST_REQUIREMENTS = 10_000
_LONGEST_REQUIREMENT = 4096
_LONGEST_NAME = 200
"""Characters; what is longer is a licence's text and not its name."""
_LONGEST_EXPRESSION = 4096
_LONGEST_ADDRESSES = 4096
_CLASSIFIER = "License :: "
_LEGACY = re.compile(
    r"\s*+(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*+)\s*+(?P<extras>\[[^\]]*+\])?\s*+"
    r"\(?(?:\s*+[<>=!~]++[^,;()<>=!~]*+,?)*+\)?\s*+(?P<marker>;.*)?",
    re.DOTALL,
)
"""A requirement by its parts, whatever its versions look like (`PyYAML (>=5.1.*)`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """`requires` with markers and extras; `unread` are requirements that mean nothing.

    `licences` may be names or SPDX; `supplier` names the maintainers, else the authors.
    """

    requires: tuple[Requirement, ...]
    licences: tuple[str, ...]
    unread: tuple[str, ...] = ()
    supplier: str = ""


def decode_metadata(data: bytes) -> Metadata:
    """Read METADATA; what stands beyond `LARGEST` bytes is passed over."""
    raw, _ = parse_email(data[:LARGEST])
    texts = raw.get("requires_dist", [])
    read = [(text, _requirement(text)) for text in texts[:_MOST_REQUIREMENTS]]
    unread = [text[:_LONGEST_NAME] for text, requirement in read if requirement is None]
    if more := len(texts) - len(read):
        unread.append(f"{more} more")
    return Metadata(
        requires=tuple(requirement for _, requirement in read if requirement is not None),
        licences=_licences(raw),
        unread=tuple(unread),
        supplier=_supplier(raw),
    )


def _licences(raw: RawMetadata) -> tuple[str, ...]:
    expression = _name(raw.get("license_expression", ""), _LONGEST_EXPRESSION)
    named = (expression, _name(raw.get("license", "")))
    classified = (one for one in raw.get("classifiers", []) if one.startswith(_CLASSIFIER))
    ends = (_name(one.split(" :: ")[-1]) for one in classified)
    licences = next(([one] for one in named if one), [one for one in ends if one])
    return tuple(dict.fromkeys(licences))


def _supplier(raw: RawMetadata) -> str:
    told = (
        raw.get("maintainer", ""),
        _people(raw.get("maintainer_email", "")),
        raw.get("author", ""),
        _people(raw.get("author_email", "")),
    )
    return next((name for name in map(_name, told) if name), "")


def _people(addresses: str) -> str:
    """Return the names among `NAME <ADDRESS>, ...`; an address alone names nobody."""
    return ", ".join(name for name, _ in getaddresses([addresses[:_LONGEST_ADDRESSES]]) if name)


def _name(text: str, longest: int = _LONGEST_NAME) -> str:
    """Return a name; nothing for a text, and for what says that there is none."""
    name = text.strip()
    is_name = name.isprintable() and len(name) <= longest and name.upper() != "UNKNOWN"
    return name if is_name else ""


def _requirement(text: str) -> Requirement | None:
    """Return a requirement; without its versions where these are spelt as none may be today."""
    if len(text) > _LONGEST_REQUIREMENT:
        return None
    legacy = _LEGACY.fullmatch(text)
    spellings = (text, *([_plain(legacy)] if legacy else ()))
    return next((found for one in spellings if (found := _parsed(one)) is not None), None)


def _plain(legacy: re.Match[str]) -> str:
    return f"{legacy['name']}{legacy['extras'] or ''}{legacy['marker'] or ''}"


def _parsed(text: str) -> Requirement | None:
    try:
        return Requirement(text)
    except (InvalidRequirement, RecursionError):
        return None
