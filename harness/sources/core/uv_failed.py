"""Why uv found no solution: one sentence that names the cause, read from its explanation."""

import re
from collections.abc import Iterable, Iterator

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

_SPECIFIERS = r"(?:===?|[<>!~]=?)[^\s,]+(?:,(?:===?|[<>!~]=?)[^\s,]+)*"
_REQUIREMENT = rf"([A-Za-z0-9][A-Za-z0-9._-]*+)(?:\{{[^}}]*+\}})?({_SPECIFIERS})"
_ASKED = re.compile(r"you require (.*?)(?:, we can conclude|\. And because|$)")
_DEPENDS = re.compile(rf"depends? on {_REQUIREMENT}")
_ONE = re.compile(_REQUIREMENT)
_VERSION = re.compile(r"[0-9][0-9A-Za-z.!+]*")
_NO_WHEEL = re.compile(r"Wheels are required for `([^`]+)`")
_MISSING = re.compile(r"(\S+) was not found in the package registry")
_FETCH = re.compile(r"Failed to fetch: `?([^\s`]+)`?")
_FILTERED = re.compile(r"`([^`\s]+)` was filtered by `exclude-newer`")
_HINT = re.compile(r"\n*^hint: Wheels are required for .*$", re.MULTILINE)
_CAUSES: tuple[tuple[re.Pattern[str], str], ...] = (
    (_MISSING, "the package index has no package {0}: is the name right?"),
    (re.compile(r"(\S+) has invalid (?:package )?metadata"), "{0} has metadata that is not valid"),
    (re.compile(r"(\S+) requires Python (\S+?)[.,]?\s"), "{0} requires Python {1}"),
    (re.compile(r"(\S+) was yanked"), "{0} was withdrawn by those who published it (yanked)"),
    (re.compile(r"there is no version of (\S+)"), "the package index has no {0}"),
    (
        re.compile(r"only (\S+) is available and you require (\S+?)[.,]?\s"),
        "the package index has only {0}, and {1} is required",
    ),
    (
        re.compile(r"(\S+) ha(?:s|ve) no wheels with a matching ([A-Za-z ]+) tag"),
        "{0} has wheels for another {1} only",
    ),
)
"""What a single package can lack, as uv says it, and the sentence for it."""
_FILTER = (
    "exclude-newer leaves no version of {0}: the index has none that is as old, or does not tell "
    "when its files were uploaded"
)
_CLASH = "the requirements exclude each other"
_LONGEST = 20_000
"""Characters of an explanation that are looked at."""


def not_found(said: str) -> list[str]:
    """Return the packages that the index does not have."""
    return list(dict.fromkeys(_MISSING.findall(said)))


def without_wheels(said: str) -> list[str]:
    """Return the packages of which uv would have to build an sdist."""
    return list(dict.fromkeys(_NO_WHEEL.findall(said)))


def headline(said: str) -> str:
    """Return the sentence that names the cause; missing wheels are another's to name."""
    flat = _flat(said)
    if names := clashing(said):
        return f"{_CLASH}: {'; '.join(_constraints(flat, names))}"
    for pattern, sentence in _CAUSES:
        if match := pattern.search(flat):
            return sentence.format(*match.groups())
    filtered = dict.fromkeys(_FILTERED.findall(said[:_LONGEST]))
    return _FILTER.format(", ".join(filtered)) if filtered else _CLASH


def trouble(said: str) -> str:
    """Return in one line by what else uv ended: which address, if any, and the innermost cause."""
    first, *causes = said.strip().splitlines() or ["no words"]
    last = causes[-1].strip().removeprefix("cause: ") if causes else ""
    if match := _FETCH.search(said):
        return f"{match[1]} cannot be had: {last or first}"
    return f"{first}: {last}" if last else first


def explanation(said: str) -> str:
    """Return uv's own words, without its hints about options that harness sets."""
    return _HINT.sub("", said[max(said.find("cause: "), 0) :].removeprefix("cause: ")).strip()


def clashing(said: str) -> list[str]:
    """Return the packages for which no version meets all that is required of them."""
    wanted: dict[str, list[str]] = {}
    flat = _flat(said)
    for name, specifiers in (*_asked(flat), *_last_depends(flat)):
        wanted.setdefault(name, []).append(specifiers)
    return [name for name, sets in wanted.items() if len(sets) > 1 and not _can_be_met(sets)]


def _flat(said: str) -> str:
    return f"{' '.join(said[:_LONGEST].partition('hint: ')[0].split())} "


def _asked(flat: str) -> Iterator[tuple[str, str]]:
    for match in _ASKED.finditer(flat):
        for name, specifiers in _ONE.findall(match[1]):
            yield canonicalize_name(name), specifiers


def _last_depends(flat: str) -> Iterable[tuple[str, str]]:
    """Return what is concluded in the end of what a package depends on."""
    return {canonicalize_name(name): specs for name, specs in _DEPENDS.findall(flat)}.items()


def _constraints(flat: str, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        found = [specs for one, specs in (*_asked(flat), *_last_depends(flat)) if one == name]
        yield f"{name} {' and '.join(dict.fromkeys(spec.rstrip('.,') for spec in found))}"


def _can_be_met(sets: Iterable[str]) -> bool:
    """Return whether a version meets all; those at and just above each bound are tried."""
    text = ",".join(one.rstrip(".,") for one in sets)
    try:
        every = SpecifierSet(text)
    except InvalidSpecifier:
        return True
    bounds = [bound.rstrip(".") for bound in _VERSION.findall(text)]
    tried = ("0", *bounds, *(f"{bound}.1" for bound in bounds))
    return any(every.contains(one, prereleases=True) for one in tried if _is_version(one))


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except ValueError:
        return False
    return True
