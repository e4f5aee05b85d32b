"""Make a recording of what other programs recorded."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from types import MappingProxyType

from harness.errors import InputError
from harness.record.core.importers import cloud_events, har, jsonl
from harness.record.core.importers.found import Found, LeftOut, is_possible
from harness.record.core.lines import redacted_fields
from harness.record.core.redaction import HIDING, Fields, decode_fields, redacted, unseen
from harness.record.foreign_lines import lines
from harness.record.live import Recorded
from harness.record.recordings import create

IMPOSSIBLE = LeftOut(reason="requests or answers that HTTP/1.1 does not allow")
FORMATS: Mapping[str, Callable[[Iterable[bytes], str], Iterator[Found]]] = MappingProxyType(
    {
        "har": har.exchanges,
        "jsonl": jsonl.exchanges,
        "kserve": cloud_events.exchanges,
        "mlserver": cloud_events.exchanges,
    }
)
"""How a file's lines are read, by the format's name on the command line."""


def import_recording(source: Path, form: str, target: Path, fields: Sequence[str] = ()) -> Recorded:
    """Import a file, plain or compressed by gzip, in one of FORMATS.

    `fields` are redacted beside all credentials. Where it fails, no target is left.

    Raises:
        InputError: the source is not there or not in this format, nothing in it can be imported,
            or the target exists or would be tracked.
        ToolError: a file cannot be read or written.

    """
    read = lines(source)
    first = next(read, b"")
    reading = FORMATS[form](chain([first], read), str(source))
    before = redacted_fields(first) if form == "jsonl" else ()
    taken_out = decode_fields(fields)
    count, unanswered, left_out, missing = 0, 0, Counter[str](), tuple(fields)
    with create(target, tuple(dict.fromkeys((*before, *fields)))) as writer:
        try:
            for found in reading:
                kept = _kept(found, taken_out)
                if isinstance(kept, LeftOut):
                    left_out[kept.reason] += 1
                else:
                    writer.add(kept)
                    count += 1
                    unanswered += kept.response is None
                    missing = missing if isinstance(found, LeftOut) else unseen(missing, found)
            _require(count, left_out, source)
        except BaseException:
            target.unlink()
            raise
    return Recorded(count=count, unanswered=unanswered, not_recorded=left_out, unseen=missing)


def _kept(found: Found, fields: Fields) -> Found:
    if isinstance(found, LeftOut):
        return found
    return redacted(found, fields) or LeftOut(reason=HIDING) if is_possible(found) else IMPOSSIBLE


def _require(count: int, left_out: Mapping[str, int], source: Path) -> None:
    if not count:
        reasons = "; ".join(f"{times} {reason}" for reason, times in left_out.items())
        raise InputError(f"{source}: nothing to import ({reasons or 'it is empty'})")
