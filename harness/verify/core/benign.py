"""Differences that a person declared benign: which they are, and whether they cover what was found.

A declaration names one field of one file, a reason, and a day after which it no longer counts. It
never changes a verdict: what is covered stays DIFFERENT, and is said to be expected.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any

from harness.documents.key import Checked, Day, Key, Keys, PlacedError, Said
from harness.errors import InputError
from harness.verdict import Verdict
from harness.verify.core.verdict import Verification, overall

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Benign(Keys):
    """One declaration: a path inside an output, a field as `spelled` has it, why, until when."""

    path: Annotated[Said, Key("A path inside an output.", "share/doc/index.html")]
    field: Annotated[Said, Key("What differs, as `harness verify` names it.", "line 4, word 6")]
    reason: Annotated[
        Said, Key("Why it does not matter.", "the date of the build, shown to readers")
    ]
    expires: Annotated[Day, Key("The last day on which the declaration counts.", "2027-01-31")]


def _once(declared: tuple[Benign, ...]) -> tuple[Benign, ...]:
    known: set[tuple[str, str]] = set()
    for index, one in enumerate(declared):
        if (one.path, one.field) in known:
            raise PlacedError(f"{one.field!r} of {one.path!r} is declared twice", index, "field")
        known.add((one.path, one.field))
    return declared


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared(Keys):
    """The key of env.toml, or of a trust file, that declares differences benign."""

    benign: Annotated[
        tuple[Benign, ...],
        Checked(_once),
        Key(
            "Differences that are expected (docs/statements.md). The verdict stays as it is; one "
            "that has expired, or is not found, is an error. Does not influence the lock.",
            [
                {
                    "path": "share/doc/index.html",
                    "field": "line 4, word 6",
                    "reason": "the date of the build, shown to readers",
                    "expires": "2027-01-31",
                }
            ],
        ),
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Declarations by the store paths of the outputs that they were found in.

    `covered` are the outputs of which every difference is declared; `fields` are those that differ,
    by path.
    """

    found: Mapping[Benign, tuple[str, ...]]
    covered: frozenset[str]
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def as_object(self) -> list[dict[str, Any]]:
        """Return what reports and statements hold."""
        return [
            {
                "path": one.path,
                "field": one.field,
                "reason": one.reason,
                "expires": one.expires.isoformat(),
                "outputs": list(outputs),
            }
            for one, outputs in self.found.items()
        ]


NOTHING_EXPECTED = Expected(found={}, covered=frozenset())


def require_current(declared: Collection[Benign], today: date, where: str) -> None:
    """Refuse declarations that no longer count.

    Raises:
        InputError: names the first of them.

    """
    for one in declared:
        if one.expires < today:
            raise InputError(
                f"{where}: benign: {one.field!r} of {one.path!r} expired on {one.expires}: "
                "mend the difference, or look at it again and set another day"
            )


def expected(
    declared: Collection[Benign], differences: Mapping[str, Mapping[str, Collection[str]]]
) -> Expected:
    """Return which declarations cover which differences.

    `differences` are, by store path of an output and path inside it, the fields that differ; a
    file without known fields is covered by nothing.
    """
    known = {(one.path, one.field): one for one in declared}
    found: dict[Benign, list[str]] = {one: [] for one in declared}
    covered = set()
    for output, files in differences.items():
        pairs = {(path, field) for path, fields in files.items() for field in fields}
        for pair in known.keys() & pairs:
            found[known[pair]].append(output)
        if files and all(files.values()) and pairs <= known.keys():
            covered.add(output)
    return Expected(
        found={one: tuple(outputs) for one, outputs in found.items() if outputs},
        covered=frozenset(covered),
        fields=_by_path(differences),
    )


def _by_path(
    differences: Mapping[str, Mapping[str, Collection[str]]],
) -> dict[str, tuple[str, ...]]:
    """Return the fields that differ in any output."""
    found: dict[str, dict[str, None]] = {}
    for files in differences.values():
        for path, fields in files.items():
            found.setdefault(path, {}).update(dict.fromkeys(fields))
    return {path: tuple(fields) for path, fields in found.items()}


def accepted(found: Verification, benign: Expected) -> Verdict:
    """Return the gravest verdict of the outputs that are not covered; raw verdicts stay theirs."""
    return overall(
        Verdict.SAME
        if one.verdict is Verdict.DIFFERENT and one.path in benign.covered
        else one.verdict
        for one in found.results
    )


def lines(benign: Expected) -> Iterator[str]:
    """Yield a line for a terminal a declaration."""
    for one, outputs in benign.found.items():
        said = f"benign until {one.expires}: {one.path}: {one.field} ({one.reason})"
        note = "" if set(outputs) <= benign.covered else ", which does not cover all that differs"
        yield f"{said}{note}"


def require_used(declared: Collection[Benign], found: Expected, where: str) -> None:
    """Refuse declarations of differences that are not there.

    Raises:
        InputError: names the first of them.

    """
    for one in declared:
        if one not in found.found:
            others = ", ".join(map(repr, found.fields.get(one.path, ())[:_MOST_NAMED]))
            raise InputError(
                f"{where}: benign: {one.field!r} of {one.path!r} does not differ: remove it"
                + (f"; what differs there: {others}" if others else "")
            )
