"""pylock.toml as PEP 751 has it, ours or another tool's: its packages and their wheels."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from packaging.pylock import (
    Package,
    PackageSdist,
    PackageWheel,
    Pylock,
    PylockValidationError,
)
from packaging.utils import canonicalize_name

from harness.errors import InputError
from harness.sources.core.input import Input
from harness.sources.core.listed import Listed, as_input

VERSION = "1.0"
"""Of the format, as we write it."""


def newer_version(document: Mapping[str, Any]) -> str | None:
    """Return the version of a lock that is newer than the one known, and may be read as it."""
    version = document.get("lock-version")
    newer = isinstance(version, str) and re.fullmatch(r"1\.[0-9]{1,3}", version, re.ASCII)
    return version if newer and version != VERSION else None


def read_standard(document: Mapping[str, Any], where: str) -> Pylock:
    """Decode the part that PEP 751 defines; what a newer minor version adds is passed over.

    Raises:
        InputError: it is not a lock by the standard.

    """
    readable = {**document, "lock-version": VERSION} if newer_version(document) else document
    try:
        return Pylock.from_dict(readable)
    except PylockValidationError as error:
        raise InputError(f"{where}: not a lock as PEP 751 has it: {error}") from error


def listed_sdist(package: Package, where: str) -> Listed | None:
    """Return the sdist of a package that has no wheels.

    Raises:
        InputError: its path is not a bare file name.

    """
    sdist = None if package.wheels else package.sdist
    if sdist and sdist.path and sdist.path.removeprefix("./") != sdist.filename:
        raise InputError(f"{where}: sdist.path: {sdist.path!r} is not a file name")
    return _listed(sdist) if sdist else None


def _listed(file: PackageWheel | PackageSdist) -> Listed:
    return Listed(file=file.filename, hashes=file.hashes, url=file.url or "", size=file.size)


def listed_wheels(standard: Pylock, where: str) -> Iterable[tuple[str, str, list[Listed]]]:
    """Yield name, version and wheels of each package of any PEP 751 lock, ours or another's.

    Raises:
        InputError: a package without version, or a path that is not a bare file name.

    """
    for index, package in enumerate(standard.packages):
        at = f"{where}: packages[{index}]"
        if package.version is None:
            raise InputError(f"{at}: {package.name} has no version")
        wheels = []
        for number, wheel in enumerate(package.wheels or ()):
            if wheel.path and wheel.path.removeprefix("./") != wheel.filename:
                raise InputError(f"{at}.wheels[{number}].path: {wheel.path!r} is not a file name")
            wheels.append(_listed(wheel))
        yield canonicalize_name(package.name), str(package.version), wheels


def wheel_inputs(standard: Pylock, where: str) -> Iterable[tuple[str, str, list[Input]]]:
    """Yield what `listed_wheels` does, each wheel with its size and sha256.

    Raises:
        InputError: as there, or a wheel has no size, or no sha256 in lower case.

    """
    for index, (name, version, wheels) in enumerate(listed_wheels(standard, where)):
        inputs = []
        for number, wheel in enumerate(wheels):
            try:
                inputs.append(as_input(wheel))
            except InputError as error:
                at = f"{where}: packages[{index}].wheels[{number}]"
                raise InputError(f"{at}: {error}") from error
        yield name, version, inputs
