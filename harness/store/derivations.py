"""Reading the store's own files: derivations."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

from harness.errors import ToolError
from harness.store.core.derivation import Derivation, parse_derivation


@lru_cache(maxsize=1 << 16)
def read_derivation(path: str) -> Derivation:
    """Read one .drv file, once: the store's paths keep what they hold.

    Raises:
        ToolError: it cannot be read.
        IntegrityError: it is not a derivation.

    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise ToolError(f"{path}: cannot be read: {error.strerror}") from error
    return parse_derivation(data, path)


Read = Callable[[str], Derivation]


def only_derivations(paths: Iterable[str], read: Read = read_derivation) -> dict[str, Derivation]:
    """Read those of the store paths that are derivations."""
    return {path: read(path) for path in paths if path.endswith(".drv")}


def read_closure(tops: Iterable[str], read: Read = read_derivation) -> dict[str, Derivation]:
    """Read derivations and all that they are built from, from the files alone.

    Raises:
        ToolError, IntegrityError: as `read_derivation`.

    """
    found: dict[str, Derivation] = {}
    rest = list(tops)
    while rest:
        path = rest.pop()
        if path not in found:
            found[path] = read(path)
            rest += found[path].inputs
    return found


def input_paths(derivation: Derivation, read: Read = read_derivation) -> list[str]:
    """Return the outputs of other derivations that a build needs."""
    return [
        read(path).outputs[name].path for path, names in derivation.inputs.items() for name in names
    ]
