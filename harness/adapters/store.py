"""Reading the store's own files: derivations."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from harness.core.derivation import Derivation, parse_derivation
from harness.errors import ToolError

_ELF_HEADER = 64
_PT_INTERP = 3


def read_derivation(path: str) -> Derivation:
    """Read one .drv file.

    Raises:
        ToolError: it cannot be read.
        IntegrityError: it is no derivation.

    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise ToolError(f"{path}: cannot be read: {error.strerror}") from error
    return parse_derivation(data, path)


def read_derivations(paths: Iterable[str]) -> dict[str, Derivation]:
    """Read those of the store paths that are derivations."""
    return {path: read_derivation(path) for path in paths if path.endswith(".drv")}


def input_paths(derivation: Derivation) -> list[str]:
    """Return the outputs of other derivations that a build needs."""
    return [
        read_derivation(path).outputs[name].path
        for path, names in derivation.inputs.items()
        for name in names
    ]


def is_static_program(path: str) -> bool:
    """Tell whether a file is a program that no loader starts, so that nothing can be preloaded.

    Format: System V ABI, chapter 5: such a program has no segment PT_INTERP. What cannot be read,
    or is no ELF file of 64 bits, counts as dynamic.
    """
    try:
        with open(path, "rb") as file:
            header = file.read(_ELF_HEADER)
            if len(header) < _ELF_HEADER or header[:5] != b"\x7fELF\x02":
                return False
            order: Literal["little", "big"] = "little" if header[5] == 1 else "big"
            file.seek(int.from_bytes(header[32:40], order))
            size, count = (int.from_bytes(header[at : at + 2], order) for at in (54, 56))
            segments = [file.read(size)[:4] for _ in range(count)]
    except OSError:
        return False
    return all(int.from_bytes(kind, order) != _PT_INTERP for kind in segments)
