"""The rebuild predicate: what one machine found when it built an environment again.

It holds the verdict of every output with its reasons, under which conditions, and who can rely on
it until when. rebuild.schema.json describes it for others.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from harness.attest.core.output import signed
from harness.attest.core.predicate import Predicate
from harness.attest.core.statement import Statement, Subject
from harness.documents.table import Table
from harness.errors import InputError, ToolError
from harness.store.core.storepath import base32, from_base32
from harness.verdict import Verdict
from harness.verify.core.benign import NOTHING_EXPECTED, Expected
from harness.verify.core.verdict import Verification, overall

_NAR_HASH = re.compile(r"sha256:[0-9a-z]{52}")
_MOST = 20_000
_LONGEST = 200
_REMEMBERED = "a remembered verdict is not signed: signing needs --fresh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Which derivation the environment is, for which system, and when it was verified.

    `expires` is the time after which nobody should rely on the statement, or None. All times have a
    zone. `harness` is the version of this program.
    """

    derivation: str
    system: str
    started: datetime
    finished: datetime
    expires: datetime | None
    harness: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputClaim:
    """What a builder says of one output: its verdict, and its NAR hash ("" if it has none)."""

    verdict: Verdict
    nar_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A rebuild statement as it is read: `outputs` by store path, and under which conditions.

    `moved` counts the factors that were moved; `nix` and `processor` are printable.
    """

    environment: str
    derivation: str
    outputs: Mapping[str, OutputClaim]
    moved: int
    nix: str
    processor: str
    finished: datetime
    expires: datetime | None


def rebuild_statement(
    found: Verification, occasion: Occasion, benign: Expected = NOTHING_EXPECTED
) -> Statement:
    """Return what is to be signed, whatever was found; `benign` stands beside the verdicts.

    Raises:
        InputError: a verdict was remembered.
        ToolError: nothing at all was built.

    """
    if any(result.remembered for result in found.results):
        raise InputError(f"{found.environment}: {_REMEMBERED}")
    return Statement(
        subjects=subjects(found),
        predicate_type=Predicate.REBUILD,
        predicate={
            "environment": found.environment,
            "verdict": found.verdict.value,
            "conditions": dict(found.conditions.as_object()),
            "derivation": occasion.derivation,
            "system": occasion.system,
            "outputs": [signed(one) for one in found.results],
            "benign": benign.as_object(),
            "started": occasion.started.isoformat(timespec="seconds"),
            "finished": occasion.finished.isoformat(timespec="seconds"),
            "expires": occasion.expires and occasion.expires.isoformat(timespec="seconds"),
            "harness": occasion.harness,
        },
    )


def subjects(found: Verification) -> tuple[Subject, ...]:
    """Return the outputs that are there, each store path once.

    Raises:
        ToolError: there are none.

    """
    hashes = {one.path: one.nar_hash for one in found.results if one.nar_hash}
    if not hashes:
        raise ToolError(f"{found.environment}: nothing was built that a statement could speak of")
    return tuple(output_subject(path, nar_hash) for path, nar_hash in hashes.items())


def output_subject(path: str, nar_hash: str) -> Subject:
    """Return an output as a subject; `nar_hash` is as Nix prints it."""
    return Subject(name=path, sha256=from_base32(nar_hash.removeprefix("sha256:")).hex())


def decode_claim(statement: Statement, where: str) -> Claim:
    """Read the predicate of a rebuild statement.

    Raises:
        InputError: it is of another type, not valid, or contradicts itself or its subjects.

    """
    if statement.predicate_type != Predicate.REBUILD:
        raise InputError(f"{where}: not a rebuild statement: {statement.predicate_type[:80]!a}")
    table = Table(statement.predicate, f"{where}: predicate")
    conditions, outputs = table.table("conditions"), _outputs(table)
    if _verdict(table) is not overall(claim.verdict for _, claim in outputs):
        raise table.error("verdict", "not the gravest verdict of its outputs")
    named = {path: claim.nar_hash for path, claim in outputs if claim.nar_hash}
    if named != {one.name: nar_hash(one.sha256) for one in statement.subjects}:
        raise table.error("outputs", "not the subjects of the statement")
    return Claim(
        environment=_line(table, "environment"),
        derivation=_line(table, "derivation"),
        outputs=dict(outputs),
        moved=len(conditions.texts("moved")),
        nix=_line(conditions, "nix"),
        processor=_line(conditions, "processor"),
        finished=_moment(table, "finished", table.text("finished")),
        expires=_expiry(table),
    )


def nar_hash(sha256: str) -> str:
    """Return a sha256 in hex as Nix prints the hash of an archive."""
    return f"sha256:{base32(bytes.fromhex(sha256))}"


def _outputs(table: Table) -> list[tuple[str, OutputClaim]]:
    """Return the claims with their store paths, which only what was not built has not."""
    entries = table.tables("outputs")
    if len(entries) > _MOST:
        raise table.error("outputs", f"{len(entries)} outputs, more than {_MOST}")
    claims = [
        (entry.text("path"), OutputClaim(verdict=_verdict(entry), nar_hash=_nar_hash(entry)))
        for entry in entries
    ]
    paths = [path for path, _ in claims if path]
    if len(set(paths)) < len(paths):
        raise table.error("outputs", "a path stands twice")
    return claims


def _nar_hash(entry: Table) -> str:
    text = entry.text_if_any("nar-hash") or ""
    if text and not _NAR_HASH.fullmatch(text):
        raise entry.error("nar-hash", "not a hash as Nix prints it")
    return text


def _verdict(table: Table) -> Verdict:
    text = table.text("verdict")
    verdict = Verdict.called(text)
    if verdict is None:
        raise table.error("verdict", f"{text[:40]!a} is none of {', '.join(Verdict)}")
    return verdict


def _line(table: Table, key: str) -> str:
    """Return a text that a terminal can show."""
    text = table.text(key)
    if not text.isprintable() or len(text) > _LONGEST:
        raise table.error(key, f"not a line of at most {_LONGEST} printable characters")
    return text


def _expiry(table: Table) -> datetime | None:
    text = table.text_if_any("expires")
    return None if text is None else _moment(table, "expires", text)


def _moment(table: Table, key: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise table.error(key, f"{text[:40]!a} is not a time with a zone")
    return moment
