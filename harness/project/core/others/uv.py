"""uv.lock, as far as uv does not export it: the project at its root, and what lies beside it."""

from collections.abc import Mapping
from typing import Any

from harness.documents.table import Table
from harness.errors import InputError
from harness.project.core.others.losses import Loss

_LOCAL = ("editable", "virtual", "directory", "path")
_NO_ROOT = "no package at its root; `uv export --package NAME --format pylock.toml` takes a member"


def root_and_losses(document: Mapping[str, Any], where: str) -> tuple[str, list[Loss]]:
    """Return the name of the project that the lock is of, and other packages of this machine.

    Raises:
        InputError: it has not the form of a uv.lock, or no project at its root.

    """
    root, losses = "", list[Loss]()
    for table in Table(document, where).tables("package"):
        name, source = table.text("name"), table.table("source")
        place = next((source.text(one) for one in _LOCAL if one in source), None)
        if place == ".":
            root = name
        elif place is not None:
            losses.append(Loss(name=name, reason="comes from a directory or file"))
    if not root:
        raise InputError(f"{where}: {_NO_ROOT}")
    return root, losses
