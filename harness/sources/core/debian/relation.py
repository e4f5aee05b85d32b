"""Relations between packages: Depends and Pre-Depends (Debian Policy, chapter 7)."""

import re
from dataclasses import dataclass

_ALTERNATIVE = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9+.-]*)(?::(?P<qualifier>[a-z0-9-]+))?"
    r"(?:\s*\(\s*(?P<operator><<|<=|=|>=|>>)\s*(?P<version>[^\s()]+)\s*\))?"
    r"(?:\s*\[(?P<architectures>[^\]]*)\])?(?:\s*<[^>]*>)*"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One way to satisfy a relation: a name and, with a version, a bound on it."""

    name: str
    operator: str = ""
    version: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.operator} {self.version})" if self.operator else self.name


def parse_relations(text: str, architecture: str) -> tuple[tuple[Alternative, ...], ...]:
    """Parse "a (>= 1) | b, c" into what must hold on `architecture`: all of these, any of each.

    Raises:
        ValueError: the text is not a relation.

    """
    relations = []
    for group in filter(None, (group.strip() for group in text.split(","))):
        parsed = [_alternative(one.strip(), architecture) for one in group.split("|")]
        if alternatives := tuple(one for one in parsed if one is not None):
            relations.append(alternatives)
    return tuple(relations)


def _alternative(text: str, architecture: str) -> Alternative | None:
    match = _ALTERNATIVE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:80]!r} is not a relation to a package")
    named = (match["architectures"] or "").split()
    excluded = [name[1:] for name in named if name.startswith("!")]
    if architecture in excluded or (named and not excluded and architecture not in named):
        return None
    return Alternative(
        name=match["name"], operator=match["operator"] or "", version=match["version"] or ""
    )
