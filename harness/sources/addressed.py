"""Wheels by address and commits, brought before uv runs: it reads a file whose hash holds.

A wheel that is in the store already, or that an earlier run brought, is not downloaded again; what
is downloaded here lies where a fetch looks for it first.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from harness.errors import InputError
from harness.host.files import cache_directory, explained
from harness.host.http import PATIENCE, Patience, session
from harness.project.core.addressed import Addressed, addressed, commit_of, with_hash
from harness.sources.commits import archived
from harness.sources.core.listed import SHA256, Listed, as_input
from harness.sources.download import download
from harness.sources.obtain import complete
from harness.store.core import storepath

_DIRECTORY = "wheels"


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """Requirements as uv is to be told them, and the wheels among them by file name."""

    requirements: Sequence[str]
    wheels: dict[str, Listed]


def bring(requirements: Iterable[str], directory: Path, patience: Patience = PATIENCE) -> Brought:
    """Bring what requirements name by address or commit; links to it stand below the directory.

    Raises:
        InputError: a wheel's hash is not told.
        ToolError: its server cannot be reached.
        IntegrityError: the server has another file.

    """
    told, wheels = [], {}
    for text in requirements:
        requirement = Requirement(text)
        placed = _placed(requirement, patience)
        if placed:
            path, known = placed
            link = directory / _DIRECTORY / known.file
            if known.file not in wheels:
                with explained(link):
                    link.parent.mkdir(exist_ok=True)
                    link.symlink_to(path)
            requirement.url = link.as_uri()
            wheels[known.file] = known
        told.append(str(requirement) if placed else text)
    return Brought(requirements=told, wheels=wheels)


def _placed(requirement: Requirement, patience: Patience) -> tuple[Path, Listed] | None:
    """Return the file that a requirement means by address, or by commit; None by versions."""
    if commit := commit_of(requirement):
        one = archived(canonicalize_name(requirement.name), commit)
        return one.path, one.listed
    wheel = addressed(requirement)
    return _found(wheel, patience) if wheel else None


def hashed(requirement: Requirement, patience: Patience = PATIENCE) -> tuple[Requirement, str]:
    """Return a requirement with its wheel's sha256, and that hash if it was computed now.

    Raises:
        ValueError: it is a requirement by an address that is none of a wheel.
        ToolError: the server cannot be reached.

    """
    wheel = addressed(requirement)
    if wheel is None or wheel.sha256:
        return requirement, ""
    found = complete(Listed(file=wheel.file, hashes={}, url=wheel.url), patience)
    sha256 = found.hashes[SHA256]
    return with_hash(requirement, wheel, sha256), sha256


def _found(wheel: Addressed, patience: Patience) -> tuple[Path, Listed]:
    """Return where a wheel is on this machine, and what is known of it."""
    if wheel.sha256 is None:
        raise InputError(f"{wheel.url}: its sha256 is not told; `harness add` computes it")
    return obtained(Listed(file=wheel.file, hashes={SHA256: wheel.sha256}, url=wheel.url), patience)


def obtained(listed: Listed, patience: Patience = PATIENCE) -> tuple[Path, Listed]:
    """Return where a file whose sha256 is told is on this machine, and it with its size.

    Raises:
        ToolError: its server cannot be reached.
        IntegrityError: the server has another file.

    """
    sha256 = listed.hashes[SHA256]
    name = as_input(replace(listed, size=1)).store_name
    stored = Path(storepath.flat(name, sha256))
    brought = cache_directory() / "downloads" / stored.name / name
    for path in (stored, brought):
        if _is(path, sha256):
            return path, replace(listed, size=path.stat().st_size)
    known = complete(listed, patience)
    with explained(brought):
        brought.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with session(patience) as http:
        download(http, listed.url, as_input(known), brought, lambda _: None)
    return brought, known


def _is(path: Path, sha256: str) -> bool:
    if not path.is_file():
        return False
    with explained(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256
