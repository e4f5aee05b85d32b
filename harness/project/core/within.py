"""Files of the repository, as env.toml names them."""

import re
from typing import Annotated

from harness.documents.key import Parsed

_RELATIVE = re.compile(r"(?!-)[A-Za-z0-9._+=@-]{1,64}(/[A-Za-z0-9._+=@-]{1,64}){0,15}", re.ASCII)
_UP = "../"
_HIGHEST = 16
_NEVER = frozenset({".git", ".harness"})
"""What changes with every command, or holds what is nobody's business."""


def plain(path: str) -> str:
    """Return a relative path that stays below where it begins, and can be part of a store name.

    Raises:
        ValueError: it is another kind of path.

    """
    if not _RELATIVE.fullmatch(path) or {".", ".."} & {*path.split("/")}:
        raise ValueError("not a plain path (letters, digits and . _ + = @ - between slashes)")
    return path


def input_path(path: str) -> str:
    """Return a path relative to env.toml's directory; it may lead up first, and then down.

    Raises:
        ValueError: it is another kind of path, or names what no build may see.

    """
    down = path
    while down.startswith(_UP):
        down = down.removeprefix(_UP)
    if named := _NEVER.intersection(plain(down).split("/")):
        raise ValueError(f"{min(named)} is not for builds")
    return path


def directory_path(path: str) -> str:
    """Return a path of a directory relative to env.toml's; it may lead up only.

    Raises:
        ValueError: as `input_path`.

    """
    steps = path.split("/")
    return path if {*steps} == {".."} and len(steps) <= _HIGHEST else input_path(path)


InputPath = Annotated[str, Parsed(input_path)]
