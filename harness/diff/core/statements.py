"""Compare two bundles of signed statements: what they say, field by field, and who signed it.

A line is an envelope (DSSE, version 1) around an in-toto Statement of version 1, alone or within a
Sigstore bundle. Signatures are told and not checked: `harness verify --against` does that.
"""

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from harness.diff.core.report import ADDED, REMOVED, Item
from harness.documents import document
from harness.documents.table import Table
from harness.errors import InputError
from harness.formats.registry import explain
from harness.formats.wording import worded

SUFFIXES = (".intoto.jsonl", ".sigstore.json")
"""How files of signed statements are named."""
_MOST_LINES = 1000
_MOST_SIGNATURES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """One statement: its payload, the type of its predicate, key ids with their signatures."""

    payload: bytes
    predicate_type: str
    signatures: tuple[tuple[str, str], ...]


def read_bundle(data: bytes, where: str) -> tuple[Signed, ...]:
    """Read the envelopes of a file, one a line.

    Raises:
        InputError: it holds something else, or too much.

    """
    if len(data) > document.LARGEST:
        raise InputError(f"{where}: {len(data)} bytes, more than {document.LARGEST}")
    lines = [line for line in data.split(b"\n") if line.strip()]
    if not 0 < len(lines) <= _MOST_LINES:
        raise InputError(f"{where}: {len(lines)} statements; expected 1 to {_MOST_LINES}")
    return tuple(_signed(line, f"{where}: {number}") for number, line in enumerate(lines, 1))


def _signed(line: bytes, where: str) -> Signed:
    envelope = Table(document.decode(line, where), where)
    if "dsseEnvelope" in envelope:
        envelope = envelope.table("dsseEnvelope")
    try:
        payload = base64.b64decode(envelope.text("payload"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise envelope.error("payload", "not base64") from error
    statement = Table(document.decode(payload, where), where)
    signatures = envelope.tables("signatures")
    if len(signatures) > _MOST_SIGNATURES:
        raise envelope.error("signatures", f"{len(signatures)}; at most {_MOST_SIGNATURES}")
    return Signed(
        payload=payload,
        predicate_type=statement.text("predicateType"),
        signatures=tuple((one.text("keyid", ""), one.text("sig")) for one in signatures),
    )


def compare_bundles(first: Sequence[Signed], second: Sequence[Signed], most: int) -> list[Item]:
    """Return what differs; statements are paired by the type of their predicate, in order.

    At most `most` fields of each pair are told.
    """
    items: list[Item] = []
    kinds = dict.fromkeys(one.predicate_type for one in (*first, *second))
    for kind in kinds:
        ours, theirs = (
            [one for one in side if one.predicate_type == kind] for side in (first, second)
        )
        for one, other in zip(ours, theirs, strict=False):
            items += islice(_fields(kind, one, other), most)
            items += _signatures(kind, one, other)
        items += (Item(subject=kind, field=REMOVED, first=_by(one)) for one in ours[len(theirs) :])
        items += (Item(subject=kind, field=ADDED, second=_by(one)) for one in theirs[len(ours) :])
    return items


def _fields(kind: str, one: Signed, other: Signed) -> Iterator[Item]:
    if one.payload != other.payload:
        _, changes = explain("statement.json", one.payload, other.payload)
        for change in changes:
            ours, theirs = change.texts
            yield Item(subject=kind, field=worded(change.place), first=ours, second=theirs)


def _signatures(kind: str, one: Signed, other: Signed) -> Iterator[Item]:
    if _by(one) != _by(other):
        yield Item(subject=kind, field="signed by", first=_by(one), second=_by(other))
    elif one.signatures != other.signatures and one.payload == other.payload:
        yield Item(subject=kind, field="signature", first=_sig(one), second=_sig(other))


def _by(signed: Signed) -> str:
    return ", ".join(key or "a key without an id" for key, _ in signed.signatures) or "nobody"


def _sig(signed: Signed) -> str:
    return ", ".join(signature for _, signature in signed.signatures)
