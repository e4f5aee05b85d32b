"""Avro object container files: metadata, schema, and rows, by fastavro.

The format is "Object Container Files" of the Avro specification. The mark between blocks is drawn
at random by those who write, so that it alone may differ.
"""

import io
import json
from collections.abc import Iterator
from typing import Any

import fastavro

from harness.formats.change import (
    At,
    BeyondBoundError,
    Change,
    Content,
    Kind,
    Step,
    Typed,
)
from harness.formats.documents.structured import walk
from harness.formats.fields import differing, named
from harness.formats.guarded import read_by
from harness.formats.packing import packing, telling
from harness.formats.plain import plain
from harness.formats.tables import rows

MAGIC = b"Obj\1"
_AVRO = Step(At.PART, "Avro")
_LARGEST = 256 << 20
_MARK = 16
_SCHEMA = "avro.schema"


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield differing metadata and fields of the schema, the mark, then rows, or the packing.

    Raises:
        ValueError: no Avro, too large, or damaged.

    """
    ours, theirs = _opened(first), _opened(second)
    yield from differing(
        named(_metadata(ours)), named(_metadata(theirs)), (Step(At.PART, "Avro metadata"),)
    )
    schema, other = _schema(ours), _schema(theirs)
    yield from walk(schema, other, (Step(At.PART, "Avro schema"), Step(At.ROOT)))
    yield from differing(_mark(first), _mark(second), (_AVRO,))
    told = yield from telling(rows.compare((_AVRO,), _rows(ours), _rows(theirs)))
    if not told and schema == other and _unmarked(first) != _unmarked(second):
        yield packing("Avro blocks", "rows", first, second)


def _opened(content: Content) -> Any:
    if len(content) > _LARGEST:
        raise BeyondBoundError(f"Avro of more than {_LARGEST} bytes is not read")
    with read_by("fastavro"):
        return fastavro.reader(io.BytesIO(content[:]))


def _metadata(file: Any) -> dict[str, object]:
    return {name: value for name, value in file.metadata.items() if name != _SCHEMA}


def _schema(file: Any) -> Any:
    with read_by("fastavro"):
        return plain(json.loads(file.metadata[_SCHEMA]))


def _mark(content: Content) -> dict[str, object]:
    return {"mark between blocks": Typed(Kind.IDENTIFIER, _last(content).hex())}


def _last(content: Content) -> bytes:
    """Return the mark, which ends the header and every block."""
    return content[max(len(content) - _MARK, 0) : len(content)]


def _unmarked(content: Content) -> bytes:
    return content[:].replace(_last(content), b"")


def _rows(file: Any) -> Iterator[rows.Row]:
    while True:
        with read_by("fastavro"):
            row = next(file, None)
            if row is None:
                return
            row = plain(row)
        yield row if isinstance(row, dict) else {"value": row}
