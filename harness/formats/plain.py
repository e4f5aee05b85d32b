"""Values that a library made of a content, as texts, numbers, lists and mappings by text.

Libraries give tuples, dates, tags and keys of every type. What is compared is of few types, and no
larger or deeper than is read.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from harness.formats.change import BeyondBoundError

_DEPTH = 100
_VALUES = 2_000_000
_ATOMS = (str, bytes, bool, int, float, type(None))


def plain(value: object) -> Any:
    """Return a value of which every part is plain; of an unknown type its text is.

    Raises:
        BeyondBoundError: it has very many parts, or lies deep.

    """
    return _plain(value, 0, iter(range(_VALUES)))


def _plain(value: object, depth: int, left: Iterator[int]) -> Any:
    if depth > _DEPTH or next(left, None) is None:
        raise BeyondBoundError(f"more than {_VALUES} values, or nested more than {_DEPTH} deep")
    if isinstance(value, Mapping):
        return {_key(key): _plain(it, depth + 1, left) for key, it in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(it, depth + 1, left) for it in value]
    return value if type(value) in _ATOMS else repr(value)


def _key(key: object) -> str:
    return key if isinstance(key, str) else repr(key)
