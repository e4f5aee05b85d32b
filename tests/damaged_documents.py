"""Documents as a stranger might send them: any TOML value, and valid ones with a part replaced."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis import strategies as st

from harness.errors import InputError, IntegrityError

_LEAVES = (
    st.booleans()
    | st.integers()
    | st.just(2**70)
    | st.floats()
    | st.text(max_size=20)
    | st.dates()
    | st.datetimes()
)
VALUES = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=8,
)
"""Any value that a TOML document may hold."""


@st.composite
def damaged(draw: st.DrawFn, document: dict[str, Any]) -> dict[str, Any]:
    """Draw the document with one value, at any depth, replaced, removed or joined by another."""
    path = draw(st.sampled_from(sorted(_paths(document), key=repr)))
    whole: dict[str, Any] = _copied(document)
    parent: Any = whole
    for step in path[:-1]:
        parent = parent[step]
    match draw(st.sampled_from(("replace", "remove", "double"))):
        case "replace":
            parent[path[-1]] = draw(VALUES)
        case "remove":
            del parent[path[-1]]
        case _ if isinstance(parent, list):
            parent.append(_copied(parent[path[-1]]))
        case _:
            parent[draw(st.text(max_size=10))] = _copied(parent[path[-1]])
    return whole


@contextmanager
def accepted_or_refused_at(where: str) -> Iterator[None]:
    """Let the block end well, or with an error of ours that begins with the place; nothing else."""
    try:
        yield
    except (InputError, IntegrityError) as error:
        if not str(error).startswith(where):
            raise AssertionError(f"no place in: {error}") from error


def _paths(value: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        steps = list(value.items())
    elif isinstance(value, list):
        steps = list(enumerate(value))
    found = []
    for step, inner in steps:
        found += [(*above, step), *_paths(inner, (*above, step))]
    return found


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value
