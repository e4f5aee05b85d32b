"""Make a recording of what other programs recorded."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from harness.adapters.lines import lines
from harness.adapters.recordings import create
from harness.core.importers import cloud_events, har, jsonl
from harness.core.importers.found import Found, LeftOut, is_possible
from harness.core.redaction import Fields, are_in, decode_fields, redacted
from harness.errors import InputError

HIDING = LeftOut(reason="bodies or URLs that cannot be searched for what is to be redacted")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """How many exchanges were imported, and how many things were not, by reason.

    `unseen` are the declared fields that none of the exchanges has.
    """

    count: int
    left_out: Mapping[str, int]
    unseen: tuple[str, ...]


def import_recording(source: Path, form: str, target: Path, fields: Sequence[str] = ()) -> Imported:
    """Import a file, plain or compressed by gzip, in one of FORMATS.

    `fields` are redacted beside all credentials. Where it fails, no target is left.

    Raises:
        InputError: the source is not there or not in this format, nothing in it can be imported,
            or the target exists or would be tracked.
        ToolError: a file cannot be read or written.

    """
    reading = FORMATS[form](lines(source), str(source))
    taken_out = decode_fields(fields)
    unseen = {field: decode_fields([field]) for field in fields}
    count, left_out = 0, Counter[str]()
    with create(target, fields) as writer:
        try:
            for found in reading:
                kept = _kept(found, taken_out)
                if isinstance(kept, LeftOut):
                    left_out[kept.reason] += 1
                else:
                    writer.add(kept)
                    count += 1
                    unseen = _without_seen(unseen, found)
            _require(count, left_out, source)
        except BaseException:
            target.unlink()
            raise
    return Imported(count=count, left_out=left_out, unseen=tuple(unseen))


def _kept(found: Found, fields: Fields) -> Found:
    if isinstance(found, LeftOut):
        return found
    return redacted(found, fields) or HIDING if is_possible(found) else IMPOSSIBLE


def _without_seen(unseen: dict[str, Fields], found: Found) -> dict[str, Fields]:
    if isinstance(found, LeftOut):
        return unseen
    return {name: field for name, field in unseen.items() if not are_in(field, found)}


def _require(count: int, left_out: Mapping[str, int], source: Path) -> None:
    if not count:
        reasons = "; ".join(f"{times} {reason}" for reason, times in left_out.items())
        raise InputError(f"{source}: nothing to import ({reasons or 'it is empty'})")
