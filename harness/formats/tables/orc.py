"""Apache ORC: what the footer says, types, and rows, by Apache Arrow."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from pyarrow import orc

from harness.formats.change import At, BeyondBoundError, Change, Content, Step
from harness.formats.fields import differing, named
from harness.formats.guarded import read_by
from harness.formats.packing import packing, telling
from harness.formats.plain import plain
from harness.formats.tables import rows

MAGIC = b"ORC"
_ORC = Step(At.PART, "ORC")
_LARGEST = 256 << 20
_ROWS = 100_000
"""Of a stripe, above which only its own numbers are compared."""
_FIELDS = (
    *("file_version", "software_version", "writer", "compression", "compression_size"),
    *("row_index_stride", "nrows", "nstripes"),
)


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield differing fields of the footer, types, and rows by stripe, or the packing.

    Raises:
        ValueError: no ORC, too large, or damaged.

    """
    ours, theirs = _opened(first), _opened(second)
    yield from differing(_fields(ours), _fields(theirs), (_ORC,))
    types, others = _types(ours), _types(theirs)
    yield from differing(named(types), named(others), (Step(At.PART, "ORC column"),))
    told = yield from telling(rows.compare((_ORC,), _rows(ours), _rows(theirs)))
    if not told and types == others:
        yield packing("ORC stripes", "rows", first, second)


def _opened(content: Content) -> Any:
    if len(content) > _LARGEST:
        raise BeyondBoundError(f"ORC of more than {_LARGEST} bytes is not read")
    with read_by("pyarrow"):
        return orc.ORCFile(pa.BufferReader(content[:]))


def _fields(file: Any) -> dict[str, object]:
    with read_by("pyarrow"):
        found = {name: plain(getattr(file, name)) for name in _FIELDS}
        return {**found, "metadata": plain(file.metadata)}


def _types(file: Any) -> dict[str, object]:
    with read_by("pyarrow"):
        return {it.name: str(it.type) for it in file.schema}


def _rows(file: Any) -> Iterator[rows.Row]:
    for number in range(file.nstripes):
        with read_by("pyarrow"):
            stripe = file.read_stripe(number)
            if stripe.num_rows > _ROWS:
                raise BeyondBoundError(f"a stripe of {stripe.num_rows} rows is not read")
            stripe.validate(full=True)
            found = [plain(row) for row in stripe.to_pylist()]
        yield from found
