"""poetry.lock as a PEP 751 lock: versions, files with their hashes, and when each is meant.

What is optional is for an extra that nobody asked for. Locks from before Poetry 2 do not say on
which platform a package is meant: it is taken on each.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from harness.documents.table import Table
from harness.project.core.others.losses import Loss

_OPTIONAL = "for an extra"
_ELSEWHERE = "is not a release of an index"
_RELEASES = ("", "legacy")
"""Kinds of sources that have releases: the usual index, and others like it."""


def read_poetry(document: Mapping[str, Any], where: str) -> tuple[dict[str, Any], list[Loss]]:
    """Return a decoded poetry.lock as a document of PEP 751, and what is left out of it.

    Raises:
        InputError: it has not the form of a poetry.lock; says where.

    """
    packages, losses = [], list[Loss]()
    for table in Table(document, where).tables("package"):
        name = table.text("name")
        if table.flag("optional", default=False):
            losses.append(Loss(name=name, reason=_OPTIONAL))
        elif ("source" in table) and table.table("source").text("type", "") not in _RELEASES:
            losses.append(Loss(name=name, reason=_ELSEWHERE))
        else:
            packages.append(_package(name, table))
    return {"lock-version": "1.0", "created-by": "poetry", "packages": packages}, losses


def _package(name: str, table: Table) -> dict[str, Any]:
    files = [_file(one) for one in table.tables("files")]
    wheels = [one for one in files if one["path"].endswith(".whl")]
    kinds = {"wheels": wheels} if wheels else {"sdist": files[0]} if files else {}
    marker = " or ".join(f"({one})" for one in _markers(table))
    meant = {"marker": marker} if marker else {}
    return {"name": name, "version": table.text("version"), **meant, **kinds}


def _markers(table: Table) -> Iterator[str]:
    """Yield when a package is meant: once, or for each group; nothing where one has no marker."""
    if "markers" not in table:
        return
    if table.is_text("markers"):
        yield table.text("markers")
        return
    by_group = table.table("markers")
    groups = table.texts("groups", ("main",))
    if all(group in by_group for group in groups):
        yield from dict.fromkeys(by_group.text(group) for group in groups)


def _file(table: Table) -> dict[str, Any]:
    algorithm, _, digest = table.text("hash").partition(":")
    return {"path": table.text("file"), "hashes": {algorithm: digest}}
