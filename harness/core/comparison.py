"""Compare two trees: what is there, of which kind, and where contents begin to differ."""

from collections.abc import Callable, Iterator

from harness.core.nar import Directory, Node, Regular, Symlink
from harness.core.verdict import FileDifference

ONLY_FIRST = "only in the first"
ONLY_REBUILT = "only rebuilt"


def compare(
    first: Node, second: Node, first_difference: Callable[[Regular, Regular], int | None]
) -> Iterator[FileDifference]:
    """Yield the differences in path order; `first_difference` returns an offset, or None if none.

    A path is relative, "." for the root itself; bytes that are not UTF-8 are escaped.
    """
    yield from _compare(first, second, b"", first_difference)


def _compare(
    first: Node,
    second: Node,
    path: bytes,
    first_difference: Callable[[Regular, Regular], int | None],
) -> Iterator[FileDifference]:
    match first, second:
        case Directory(), Directory():
            for name in sorted(first.entries.keys() | second.entries.keys()):
                below = path + b"/" + name if path else name
                if name not in second.entries:
                    yield FileDifference(path=_shown(below), kind=ONLY_FIRST)
                elif name not in first.entries:
                    yield FileDifference(path=_shown(below), kind=ONLY_REBUILT)
                else:
                    yield from _compare(
                        first.entries[name], second.entries[name], below, first_difference
                    )
        case Regular(), Regular():
            if first.executable != second.executable:
                yield FileDifference(path=_shown(path), kind="executable")
            offset = first_difference(first, second)
            if offset is not None:
                yield FileDifference(path=_shown(path), kind="content", offset=offset)
        case Symlink(), Symlink():
            if first.target != second.target:
                yield FileDifference(path=_shown(path), kind="target")
        case _:
            yield FileDifference(path=_shown(path), kind="type")


def _shown(path: bytes) -> str:
    return path.decode(errors="backslashreplace") or "."


def offset_of_difference(first: Iterator[bytes], second: Iterator[bytes]) -> int | None:
    """Return the offset of the first differing byte of two streams, or None if they are equal.

    Chunks may be of any size; a stream that ends first differs where it ends.
    """
    offset, left, right = 0, b"", b""
    while True:
        left = left or next(first, b"")
        right = right or next(second, b"")
        if not left or not right:
            return offset if left or right else None
        size = min(len(left), len(right))
        if left[:size] != right[:size]:
            return offset + next(i for i in range(size) if left[i] != right[i])
        offset, left, right = offset + size, left[size:], right[size:]
