"""The in-toto Statement v1: some subjects by hash, and a predicate that speaks of them.

The format is that of the in-toto Attestation Framework, "Specification for in-toto attestation
layers: Statement", version 1.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.documents import document
from harness.documents.table import Table
from harness.errors import InputError

PAYLOAD_TYPE = "application/vnd.in-toto+json"
"""What an envelope says of a payload that is a statement."""
SUFFIX = ".intoto.jsonl"
"""What the name of a file with a statement ends in."""
TYPE = "https://in-toto.io/Statement/v1"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MOST = 20_000
_LONGEST = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a statement speaks of: a store path, and the sha256 (hex) of its Nix archive."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Subjects, and a predicate with the URI of its type."""

    subjects: tuple[Subject, ...]
    predicate_type: str
    predicate: Mapping[str, Any]


def encode(statement: Statement) -> bytes:
    """Return the statement as the payload of an envelope."""
    return document.encode(
        {
            "_type": TYPE,
            "subject": [
                {"name": subject.name, "digest": {"sha256": subject.sha256}}
                for subject in statement.subjects
            ],
            "predicateType": statement.predicate_type,
            "predicate": statement.predicate,
        }
    )


def decode(data: bytes, where: str) -> Statement:
    """Read a payload; fields that the format does not know are ignored, as it asks.

    Raises:
        InputError: names the key path, what was found and what was expected.

    """
    value = document.decode(data, where)
    table = Table(value, f"{where}: statement")
    if table.text("_type") != TYPE:
        raise table.error("_type", f"not {TYPE}")
    entries = table.tables("subject")
    if not 0 < len(entries) <= _MOST:
        raise table.error("subject", f"{len(entries)} subjects; expected 1 to {_MOST}")
    subjects = tuple(map(_subject, entries))
    if len({subject.name for subject in subjects}) < len(subjects):
        raise table.error("subject", "a name stands twice")
    table.table("predicate")
    return Statement(
        subjects=subjects,
        predicate_type=table.text("predicateType"),
        predicate=value.get("predicate", {}),
    )


def _subject(entry: Table) -> Subject:
    name, digest = entry.text("name"), entry.table("digest")
    sha256 = digest.text("sha256")
    if len(name) > _LONGEST:
        raise InputError(f"{entry.at('name')}: longer than {_LONGEST} characters")
    if not _DIGEST.fullmatch(sha256):
        raise digest.error("sha256", f"{sha256[:80]!r} is not 64 lower-case hex digits")
    return Subject(name=name, sha256=sha256)
