"""Compare two trees: what is there, of which kind, and where contents begin to differ."""

from collections.abc import Callable, Iterator

from harness.render.printable import printable
from harness.store.core.nar import Directory, Node, Regular, Symlink
from harness.verify.core.verdict import Divergence, FileDifference

ONLY_FIRST = "only in the first"
ONLY_REBUILT = "only rebuilt"
WINDOW = 16
"""Bytes that are shown of each content from where they differ."""


def compare(
    first: Node, second: Node, diverge: Callable[[Regular, Regular], Divergence | None]
) -> Iterator[FileDifference]:
    """Yield the differences in path order; `diverge` compares two contents.

    A path is relative, "." for the root itself; what cannot be printed is escaped.
    """
    yield from _compare(first, second, b"", diverge)


def _compare(
    first: Node,
    second: Node,
    path: bytes,
    diverge: Callable[[Regular, Regular], Divergence | None],
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
                    yield from _compare(first.entries[name], second.entries[name], below, diverge)
        case Regular(), Regular():
            if first.executable != second.executable:
                yield FileDifference(path=_shown(path), kind="executable")
            if at := diverge(first, second):
                yield FileDifference(path=_shown(path), kind="content", at=at)
        case Symlink(), Symlink():
            if first.target != second.target:
                yield FileDifference(path=_shown(path), kind="target")
        case _:
            yield FileDifference(path=_shown(path), kind="type")


def _shown(path: bytes) -> str:
    text = path.decode(errors="backslashreplace") or "."
    return printable(text)


def divergence(first: Iterator[bytes], second: Iterator[bytes]) -> Divergence | None:
    """Return where two streams begin to differ, or None if they are equal.

    Chunks may be of any size; a stream that ends first differs where it ends.
    """
    offset, left, right = 0, b"", b""
    while True:
        left = left or next(first, b"")
        right = right or next(second, b"")
        if not left and not right:
            return None
        size = min(len(left), len(right))
        if left[:size] != right[:size] or not size:
            begin = _first_unequal(left, right, size)
            return Divergence(
                offset=offset + begin,
                first=_window(left[begin:], first),
                rebuilt=_window(right[begin:], second),
            )
        offset, left, right = offset + size, left[size:], right[size:]


def _first_unequal(left: bytes, right: bytes, size: int) -> int:
    """Return the first index below `size` where both differ, by halving; 0 for no bytes."""
    begin, end = 0, size
    while end - begin > 1:
        middle = (begin + end) // 2
        if left[begin:middle] == right[begin:middle]:
            begin = middle
        else:
            end = middle
    return begin


def _window(head: bytes, rest: Iterator[bytes]) -> bytes:
    """Return the first bytes of a stream that goes on after `head`."""
    while len(head) < WINDOW and (chunk := next(rest, b"")):
        head += chunk
    return head[:WINDOW]
