"""Choose the packages of a base: the roots and, transitively, what their programs need.

Rules: the highest version of all suites; the first alternative that is already chosen, else the
first that is real, else the first provider by name. What only a live system or a maintainer script
needs (NOT_FOLLOWED) is left out, because no maintainer script runs here.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from harness.errors import InputError, IntegrityError
from harness.sources.core.debian.control import Paragraph
from harness.sources.core.debian.relation import Alternative, parse_relations
from harness.sources.core.debian.version import satisfies, version_key

NOT_FOLLOWED = {
    "adduser": "creates users when a package is configured",
    "awk": "base-files wants one in a running system",
    "debconf": "asks questions when a package is configured",
    "debconf-2.0": "asks questions when a package is configured",
    "debianutils": "bash wants it to register itself as a shell",
    "dpkg": "installs packages",
    "init-system-helpers": "starts services when a package is configured",
    "install-info": "indexes documentation when a package is configured",
    "libaudit1": "records log-ins",
    "libpam0g": "logs users in",
    "login": "logs users in",
    "mawk": "base-files wants an awk in a running system",
    "openssl": "ca-certificates links its files by it; the base joins them itself",
    "perl-base": "runs maintainer scripts; a base has one interpreter",
    "perl": "runs maintainer scripts; a base has one interpreter",
    "python3": "says which Python is the default; a base has one",
    "ucf": "keeps edited configuration when a package is configured",
}
"""Relations that are not followed, each with its reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One package as a suite's index offers it."""

    name: str
    version: str
    archive: str
    paragraph: Paragraph


class Universe:
    """What all suites offer for one architecture: the highest version by name, and by Provides."""

    def __init__(self, candidates: Iterable[Candidate], architecture: str) -> None:
        self._architecture = architecture
        self._best: dict[str, Candidate] = {}
        for candidate in candidates:
            other = self._best.get(candidate.name)
            if other is None or _newer(candidate, other):
                self._best[candidate.name] = candidate
        self._providers: dict[str, list[tuple[str, str]]] = {}
        for name in sorted(self._best):
            provided = self._best[name].paragraph.get("provides", "")
            for virtual, *_ in self._relations(provided, name):
                self._providers.setdefault(virtual.name, []).append((name, virtual.version))

    def find(self, wanted: Alternative) -> str | None:
        """Return the name of a package that satisfies an alternative, itself or by Provides."""
        real = self._best.get(wanted.name)
        if real and _holds(real.version, wanted):
            return wanted.name
        providers = self._providers.get(wanted.name, ())
        return next((name for name, version in providers if _holds(version, wanted)), None)

    def near(self, name: str) -> str | None:
        """Return the name of a package that looks like it."""
        return next(iter(get_close_matches(name, self._best, n=1)), None)

    def __getitem__(self, name: str) -> Candidate:
        return self._best[name]

    def dependencies(self, name: str) -> tuple[tuple[Alternative, ...], ...]:
        """Return what a package's Pre-Depends and Depends ask for."""
        paragraph = self._best[name].paragraph
        fields = (paragraph.get("pre-depends", ""), paragraph.get("depends", ""))
        return tuple(relation for text in fields for relation in self._relations(text, name))

    def _relations(self, text: str, name: str) -> tuple[tuple[Alternative, ...], ...]:
        try:
            return parse_relations(text, self._architecture)
        except ValueError as error:
            raise IntegrityError(f"the index's entry of {name}: {error}") from error


def _holds(version: str, wanted: Alternative) -> bool:
    if not wanted.operator:
        return True
    try:
        return bool(version) and satisfies(version, wanted.operator, wanted.version)
    except ValueError as error:
        raise IntegrityError(f"the index asks for {wanted}: {error}") from error


def _newer(one: Candidate, other: Candidate) -> bool:
    try:
        return version_key(one.version) > version_key(other.version)
    except ValueError as error:
        raise IntegrityError(f"the index's entry of {one.name}: {error}") from error


def closure(roots: Iterable[str], universe: Universe) -> dict[str, Candidate]:
    """Return the chosen packages by name.

    Raises:
        InputError: a root, or something it needs, is in none of the suites.

    """
    chosen: dict[str, Candidate] = {}
    waiting: deque[tuple[str, tuple[Alternative, ...]]] = deque(
        ("the base", (Alternative(name=name),)) for name in sorted(roots)
    )
    while waiting:
        origin, alternatives = waiting.popleft()
        if origin in chosen and any(one.name in NOT_FOLLOWED for one in alternatives):
            continue
        name = _choose(alternatives, chosen, universe)
        if name is None:
            wanted = " | ".join(map(str, alternatives))
            raise InputError(f"{origin} needs {wanted}, which none of the suites has")
        if name not in chosen:
            chosen[name] = universe[name]
            waiting += [(name, relation) for relation in universe.dependencies(name)]
    return chosen


def _choose(
    alternatives: tuple[Alternative, ...], chosen: Mapping[str, Candidate], universe: Universe
) -> str | None:
    found = [name for name in map(universe.find, alternatives) if name is not None]
    return next((name for name in found if name in chosen), found[0] if found else None)
