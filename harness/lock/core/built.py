"""What a lock says of packages that are built from source, between tables and values."""

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import Version

from harness.documents.table import Table
from harness.lock.core.values import LockedProject, LockedSdist

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def read_project(table: Table) -> LockedProject:
    """Read what is locked of one's own package; an InputError says where it is wrong."""
    name, version = table.text("name"), table.text("version", "")
    if not _NAME.fullmatch(name) or canonicalize_name(name) != name:
        raise table.error("name", f"{name!r} is not a normalised name")
    try:
        Version(version or "0")
    except ValueError as error:
        raise table.error("version", f"{version[:80]!r} is not a version") from error
    project = LockedProject(
        name=name,
        editable=table.flag("editable", default=False),
        compiler=table.flag("compiler", default=False),
        version=version or None,
    )
    table.finish()
    return project


def read_sdists(table: Table, known: AbstractSet[str]) -> Iterable[LockedSdist]:
    """Read how sdists are built; an InputError names what is built with and not listed."""
    sdists = table.table("sdists")
    for name in sdists.names():
        one = sdists.table(name)
        require_known(one, "build", known)
        yield LockedSdist(
            name=name,
            file=one.text("file"),
            requires=one.texts("requires"),
            build=one.texts("build"),
            compiler=one.flag("compiler", default=False),
            extensions=one.flag("extensions", default=False),
        )
        one.finish()


def require_known(table: Table, key: str, known: AbstractSet[str]) -> None:
    """Refuse files that are not among those that something may be built with."""
    for index, file in enumerate(table.texts(key)):
        if file not in known:
            raise table.error(f"{key}[{index}]", f"{file!r} is in no package of build")


def encode_project(project: LockedProject | None) -> dict[str, Any]:
    """Return the key of one's own package, if there is one."""
    if project is None:
        return {}
    more: dict[str, Any] = {"version": project.version} if project.version else {}
    more |= {"compiler": True} if project.compiler else {}
    return {"project": {"name": project.name, "editable": project.editable, **more}}


def encode_sdist(sdist: LockedSdist) -> dict[str, Any]:
    """Return the table of an sdist."""
    flags = {"compiler": sdist.compiler, "extensions": sdist.extensions}
    return {
        "file": sdist.file,
        "requires": list(sdist.requires),
        "build": sorted(sdist.build),
        **{name: True for name, is_so in flags.items() if is_so},
    }
