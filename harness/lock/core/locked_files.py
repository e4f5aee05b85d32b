"""Files in a lock's own tables: Debian's packages, the seed, an interpreter, and any other file.

Read with distrust: a path is one below a mirror's root, a name a bare file name, a hash a sha256.
"""

import re
from collections.abc import Iterable
from typing import Any

from harness.documents.table import Table
from harness.errors import InputError
from harness.lock.core.values import Seed
from harness.sources.core.input import Input
from harness.sources.core.locked_deb import LockedDeb
from harness.sources.core.locked_interpreter import LockedInterpreter

_POOL_PATH = re.compile(r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._+~%:/-]*")
_RELEASE = re.compile(r"[0-9]{8}")


def read_seed(table: Table) -> Seed:
    """Read a seed's table; an InputError says where it is wrong."""
    nar_sha256 = table.text("nar-sha256")
    if not re.fullmatch(r"[0-9a-f]{64}", nar_sha256):
        raise table.error("nar-sha256", "not a sha256 in lower-case hex")
    return Seed(nar_sha256=nar_sha256, deb=read_deb(table))


def read_deb(table: Table) -> LockedDeb:
    """Read a Debian package's table; an InputError says where it is wrong."""
    path = table.text("path")
    if not _POOL_PATH.fullmatch(path):
        raise table.error("path", f"{path!r} is not a path below a mirror's root")
    deb = LockedDeb(
        package=table.text("package"),
        version=table.text("version"),
        path=path,
        archive=table.text("archive"),
        input=_input(table),
    )
    table.finish()
    return deb


def read_interpreter(table: Table) -> LockedInterpreter | None:
    """Read the archive that Python comes from, if it is none of the debs."""
    if "interpreter" not in table:
        return None
    one = table.table("interpreter")
    release = one.text("release")
    if not _RELEASE.fullmatch(release):
        raise one.error("release", f"{release!r} is not a date like 20261021")
    return LockedInterpreter(release=release, input=read_file(one))


def read_file(table: Table) -> Input:
    """Read a file's table, which has nothing else; an InputError says where it is wrong."""
    file = _input(table)
    table.finish()
    return file


def _input(table: Table) -> Input:
    file, size, sha256, url = (
        table.text("file"),
        table.number("size"),
        table.text("sha256"),
        table.text("url", ""),
    )
    try:
        return Input(file=file, size=size, sha256=sha256, url=url or None)
    except InputError as error:
        raise InputError(f"{table.where}: {error}") from error


def encode_deb(deb: LockedDeb) -> dict[str, Any]:
    """Return the table of a Debian package."""
    return {
        "package": deb.package,
        "version": deb.version,
        "path": deb.path,
        "archive": deb.archive,
        **encode_input(deb.input),
    }


def encode_debs(debs: Iterable[LockedDeb]) -> list[dict[str, Any]]:
    """Return the tables of Debian packages, in order."""
    return [encode_deb(deb) for deb in sorted(debs, key=lambda deb: deb.package)]


def encode_interpreter(one: LockedInterpreter | None) -> dict[str, Any]:
    """Return the key and the table of an interpreter; nothing for none."""
    if one is None:
        return {}
    return {"interpreter": {"release": one.release, **encode_input(one.input)}}


def encode_input(file: Input) -> dict[str, Any]:
    """Return the table of a file."""
    url = {"url": file.url} if file.url else {}
    return {"file": file.file, "size": file.size, "sha256": file.sha256, **url}
