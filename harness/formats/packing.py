"""The same content in other bytes: told where nothing else of two files differs."""

from collections.abc import Generator, Iterable

from harness.formats.change import Change, Content, Kind, field


def telling(changes: Iterable[Change]) -> Generator[Change, None, bool]:
    """Yield changes, and return whether there are any."""
    any_ = False
    for change in changes:
        any_ = True
        yield change
    return any_


def packing(name: str, what: str, first: Content, second: Content) -> Change:
    """Return that both hold the same, such as "rows", in the bytes of their own of `name`."""
    sizes = [f"same {what} in {len(content)} bytes" for content in (first, second)]
    return Change(kind=Kind.PACKING, place=field(name), first=sizes[0], second=sizes[1])
