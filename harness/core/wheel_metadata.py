"""What a wheel says of itself in METADATA: what it requires, and under which licence it is.

Format: PyPA, Core metadata specifications (up to 2.4, PEP 639), read by packaging.
"""

from dataclasses import dataclass

from packaging.metadata import parse_email
from packaging.requirements import InvalidRequirement, Requirement

from harness.errors import InputError

LARGEST = 2**22
"""Bytes of METADATA; the long description is in it."""
_MOST_REQUIREMENTS = 10_000
_LONGEST_REQUIREMENT = 4096
_LONGEST_LICENCE = 200
"""Characters; what is longer is a licence's text and not its name."""
_CLASSIFIER = "License :: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """`requires` as written, markers and extras included; `licences` may be names or SPDX."""

    requires: tuple[Requirement, ...]
    licences: tuple[str, ...]


def decode_metadata(data: bytes, where: str) -> Metadata:
    """Read METADATA.

    Raises:
        InputError: too large, or a requirement that packaging (and so pip) refuses.

    """
    if len(data) > LARGEST:
        raise InputError(f"{where}: METADATA has more than {LARGEST} bytes")
    raw, _ = parse_email(data)
    requires = raw.get("requires_dist", [])
    if len(requires) > _MOST_REQUIREMENTS:
        raise InputError(f"{where}: {len(requires)} requirements; at most {_MOST_REQUIREMENTS}")
    named = (raw.get("license_expression", ""), _name(raw.get("license", "")))
    classified = (one for one in raw.get("classifiers", []) if one.startswith(_CLASSIFIER))
    licences = next(([one] for one in named if one), [one.split(" :: ")[-1] for one in classified])
    return Metadata(
        requires=tuple(_requirement(text, where) for text in requires),
        licences=tuple(dict.fromkeys(licences)),
    )


def _name(licence: str) -> str:
    """Return a licence's name; nothing for a text, and for what says that there is none."""
    text = licence.strip()
    is_name = text.isprintable() and len(text) <= _LONGEST_LICENCE and text.upper() != "UNKNOWN"
    return text if is_name else ""


def _requirement(text: str, where: str) -> Requirement:
    if len(text) > _LONGEST_REQUIREMENT:
        raise InputError(f"{where}: a Requires-Dist of more than {_LONGEST_REQUIREMENT} characters")
    try:
        return Requirement(text)
    except (InvalidRequirement, RecursionError) as error:
        raise InputError(f"{where}: Requires-Dist {text[:200]!r}: {error}") from error
