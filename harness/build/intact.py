"""What is handed on is what was built: store paths are there, and nobody has written to them since.

The store's files are read-only, which stops no root: `pip install` as root writes into whatever
environment it finds itself in. So each closure is rehashed before it is shipped.
"""

from collections.abc import Sequence

from harness.errors import IntegrityError
from harness.store.verbs import NIX, Store


def require_present(paths: Sequence[str], name: str, store: Store = NIX) -> None:
    """Refuse store paths of the environment `name` that the store knows and that are gone.

    Raises:
        IntegrityError: one is not there.
        ToolError: the store cannot be asked.

    """
    gone = [path for path in store.requisites(paths) if not store.is_there(path)]
    if gone:
        raise _broken("gone, though the store lists it", gone, name)


def require_unchanged(paths: Sequence[str], name: str, store: Store = NIX) -> None:
    """Rehash what the outputs of the environment `name` consist of.

    Raises:
        IntegrityError: one is not there, or does not have the content that it was built with.
        ToolError: the store cannot be asked.

    """
    require_present(paths, name, store)
    closure = store.requisites(paths)
    if not store.holds(closure):
        changed = [path for path in closure if not store.holds([path])]
        raise _broken("changed since it was built", changed, name)


def _broken(how: str, paths: Sequence[str], name: str) -> IntegrityError:
    listed = "".join(f"\n  {path}" for path in paths)
    count = "a store path is" if len(paths) == 1 else f"{len(paths)} store paths are"
    return IntegrityError(f"{name}: {count} {how}; `harness build --repair {name}`{listed}")
