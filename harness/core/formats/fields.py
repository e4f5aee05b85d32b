"""Comparing what a format's reader found: named fields, and the order of names.

Values are shown as one short line of text: `shown` clips, so that no change is ever large.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from harness.core.formats.change import Change

WIDTH = 200
"""Characters of a value that are shown."""
_KEPT = WIDTH // 2
_BYTES = WIDTH // 4
_LATEST = 1 << 37

T = TypeVar("T")


def shown(value: object) -> str:
    """Return a value as a line of at most about `WIDTH` characters; its ends stay visible."""
    text = value if isinstance(value, str) else _represented(value)
    if len(text) > WIDTH:
        text = f"{text[:_KEPT]}[... {len(text) - WIDTH} more ...]{text[-_KEPT:]}"
    return text.encode("utf-8", "backslashreplace").decode()


def shown_pair(first: object, second: object) -> tuple[str, str]:
    """Return two values as `shown` does, cut so that the place where they begin to differ shows."""
    ours, theirs = (
        value if isinstance(value, str) else _represented(value) for value in (first, second)
    )
    if max(len(ours), len(theirs)) > WIDTH:
        pairs = enumerate(zip(ours, theirs, strict=False))
        same = next((i for i, (one, other) in pairs if one != other), min(len(ours), len(theirs)))
        if same > _KEPT:
            ours, theirs = (f"[...]{text[same - _KEPT // 2 :]}" for text in (ours, theirs))
    return shown(ours), shown(theirs)


def _represented(value: object) -> str:
    if isinstance(value, bytes) and len(value) > WIDTH:
        return f"{value[:_BYTES]!r}[... {len(value) - 2 * _BYTES} more ...]{value[-_BYTES:]!r}"
    if isinstance(value, int):
        return str(value) if value.bit_length() <= WIDTH * 3 else hex(value)
    return repr(value)


def differing(
    first: Mapping[str, object],
    second: Mapping[str, object],
    prefix: str = "",
    offset: int | None = None,
) -> Iterator[Change]:
    """Yield a change per name whose values differ, in the first mapping's order, then the rest.

    `prefix` goes before each name as it is. A value that one side lacks is empty text.
    """
    for name in dict.fromkeys((*first, *second)):
        if name not in first or name not in second or first[name] != second[name]:
            ours, theirs = shown_pair(first.get(name, ""), second.get(name, ""))
            yield Change(field=prefix + name, first=ours, second=theirs, offset=offset)


def order(field: str, first: Sequence[str], second: Sequence[str]) -> Iterator[Change]:
    """Yield one change when the names that both sides have stand in another order.

    It shows the first place where the orders part, with the names that follow.
    """
    both = set(first) & set(second)
    ours, theirs = ([name for name in names if name in both] for names in (first, second))
    for index, (one, other) in enumerate(zip(ours, theirs, strict=False)):
        if one != other:
            yield Change(
                field=field,
                first=shown(", ".join(ours[index : index + 5])),
                second=shown(", ".join(theirs[index : index + 5])),
            )
            return


def unique(pairs: Iterable[tuple[str, T]]) -> dict[str, T]:
    """Return named things by name; a name's second thing is called "name (2)"."""
    found: dict[str, T] = {}
    seen: Counter[str] = Counter()
    for name, thing in pairs:
        seen[name] += 1
        found[name if seen[name] == 1 else f"{name} ({seen[name]})"] = thing
    return found


def moment(seconds: int) -> str:
    """Return seconds since 1970 with the date beside them, where it is one."""
    if not 0 <= seconds < _LATEST:
        return str(seconds)
    return f"{seconds} ({datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC)"
