"""The package index, through uv: which versions fit together, and where their files are.

uv runs without building anything, so no package's code is executed, and outside of any project, so
that only the machine's configuration counts. The addresses returned hold what their index asks for
(user and password): only a download may see them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from packaging.pylock import Pylock

from harness.documents.damaged import reading
from harness.documents.toml import parse_toml
from harness.errors import InputError, MachineError, ToolError
from harness.sources.core.listed import Listed, known_hashes
from harness.sources.core.notice import OnNotice, ignored
from harness.sources.core.standard_lock import listed_sdist, listed_wheels, read_standard
from harness.sources.core.supply import USUAL, Supply
from harness.sources.core.target import Target
from harness.sources.core.uv_failed import (
    clashing,
    explanation,
    headline,
    not_found,
    trouble,
    without_wheels,
)
from harness.sources.core.uv_said import read_annotated, warnings
from harness.sources.index_configuration import not_asked, with_credentials
from harness.sources.uv_command import ANNOTATED, Compiled, outdated, resolution

_WHERE = "the index's answer"
_TOLD = ("name", "version", "latest_version", "latest_filetype")
_INSTALLER = "installer"
"""PyPA's, which unpacks the wheels of every environment."""
_BUILDS = "`sdists` of env.toml names what is built from its sdist"
_NO_WHEEL = f"no version with a wheel fits; {_BUILDS}"
_UNUSABLE = "Failed to resolve dependencies"

Resolved = tuple[str, str, list[Listed]]
"""Normalised name, version, and every wheel of it that could fit, or its sdist alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferred:
    """A pylock.toml whose versions are kept where they still fit, but for the packages `free`."""

    lock: bytes
    free: Sequence[str] = ()


def resolve(
    requirements: Iterable[str],
    target: Target,
    supply: Supply = USUAL,
    *,
    preferred: Preferred | None = None,
    on_notice: OnNotice = ignored,
) -> list[Resolved]:
    """Resolve requirements for a target as `uv pip install` would.

    What uv warns of goes to `on_notice`.

    Raises:
        InputError: the requirements cannot be met together, or only by building an sdist.
        ToolError: the index cannot be reached.

    """
    arguments = [f"--upgrade-package={name}" for name in (preferred.free if preferred else ())]
    return _read(_compiled(requirements, target, supply, arguments, preferred), on_notice)


def find(
    pins: Iterable[tuple[str, str]],
    target: Target,
    supply: Supply = USUAL,
    on_notice: OnNotice = ignored,
) -> list[Resolved]:
    """Return the wheels of exact versions, without what they depend on.

    Raises:
        ToolError: the index has no such version with a wheel, or cannot be reached.

    """
    requirements = [f"{name}=={version}" for name, version in pins]
    try:
        arguments = ["--no-deps", "--prerelease=allow"]
        return _read(_compiled(requirements, target, supply, arguments), on_notice)
    except MachineError:
        raise
    except InputError as error:
        raise ToolError(f"the package index lacks what is locked: {error}") from error


def wheels(name: str, version: str, target: Target, supply: Supply = USUAL) -> list[Listed]:
    """Return the wheels of a version that could fit a target, if there are any."""
    try:
        return [one for _, _, files in find([(name, version)], target, supply) for one in files]
    except ToolError:
        return []


def requirers(
    pins: Iterable[tuple[str, str]], target: Target, supply: Supply = USUAL
) -> Mapping[str, frozenset[str]]:
    """Return which of these versions require each of them; no code is run.

    Raises:
        InputError: they cannot be installed together.
        ToolError: the index cannot be reached.

    """
    wanted = [f"{name}=={version}" for name, version in pins]
    compiled = resolution(wanted, target, "--prerelease=allow", supply=supply, form=ANNOTATED)
    if compiled.status != 0:
        raise _failure(compiled, wanted, target, supply)
    return read_annotated(compiled.written)


def _compiled(
    requirements: Iterable[str],
    target: Target,
    supply: Supply,
    arguments: Sequence[str],
    preferred: Preferred | None = None,
) -> Compiled:
    before = preferred.lock if preferred else None
    wanted = list(requirements)
    compiled = resolution(wanted, target, *arguments, supply=supply, before=before)
    if compiled.status != 0:
        raise _failure(compiled, wanted, target, supply, arguments)
    return compiled


def _read(compiled: Compiled, on_notice: OnNotice) -> list[Resolved]:
    for notice in (*not_asked(compiled.guide.addresses), *warnings(compiled.said)):
        on_notice(notice)
    document = parse_toml(compiled.written, _WHERE)
    with reading(_WHERE, ToolError):
        for package in document["packages"]:
            _place(package, compiled)
    try:
        found = list(_listed(read_standard(document, _WHERE)))
    except InputError as error:
        raise ToolError(str(error)) from error
    for name, _, files in found:
        compiled.guide.require_own(name, (one for one in files if one.file not in compiled.wheels))
    return [(name, version, _addressed(files, compiled.indexes)) for name, version, files in found]


def _listed(standard: Pylock) -> Iterator[tuple[str, str, list[Listed]]]:
    """Yield what a package has: wheels, or an sdist where only that was asked for."""
    wheels = listed_wheels(standard, _WHERE)
    for package, (name, version, files) in zip(standard.packages, wheels, strict=True):
        sdist = listed_sdist(package, f"{_WHERE}: {name}")
        yield name, version, [*files, *([sdist] if sdist else [])]


def _place(package: dict[str, Any], compiled: Compiled) -> None:
    """Give the wheels of a package that uv found on this machine the address that they have."""
    if "archive" in package:  # by address or commit, which was brought before
        file = Path(package.pop("archive")["path"]).name
        brought = compiled.wheels[file]
        one = {
            "name": file,
            "url": brought.url,
            "size": brought.size,
            "hashes": dict(brought.hashes),
        }
        package.update({"wheels": [one]} if file.endswith(".whl") else {"sdist": one})
    sdist = package.get("sdist")
    for wheel in (*package.get("wheels", ()), *([sdist] if sdist else ())):
        if "path" in wheel:  # a file of this machine
            wheel["url"] = (compiled.directory / wheel.pop("path")).resolve().as_uri()


def _addressed(wheels: Iterable[Listed], indexes: Sequence[str]) -> list[Listed]:
    """Return the wheels with addresses that can be asked, and the hashes that can be checked."""
    return [
        replace(
            wheel,
            url=with_credentials(wheel.url, indexes),
            hashes=known_hashes(wheel.hashes),
        )
        for wheel in wheels
    ]


def _failure(
    compiled: Compiled,
    wanted: Sequence[str],
    target: Target,
    supply: Supply,
    arguments: Sequence[str] = (),
) -> InputError | ToolError:
    """Return why there is no solution: the index, a package without wheels, or versions."""
    said = compiled.said[max(compiled.said.find("error: "), 0) :].strip().removeprefix("error: ")
    if "No solution found" not in said:
        return _broken(said)
    missing, told = not_found(said), explanation(said)
    if missing and resolution([_INSTALLER], target).status != 0:
        return ToolError(
            f"the package index has no {' and no '.join(dict.fromkeys((*missing, _INSTALLER)))}, "
            "which every index has: is its address right? HARNESS_INDEX_URL, uv's configuration or "
            f"pip's index-url names it\n{told}"
        )
    unbuilt = without_wheels(said)
    if unbuilt and not clashing(said):
        others = replace(supply, without=(*supply.without, *unbuilt))
        if resolution(wanted, target, *arguments, supply=others).status == 0:
            return InputError(f"{', '.join(unbuilt)}: {_NO_WHEEL}\n{told}")
    return InputError(f"{headline(said)}\n{told}")


def _broken(said: str) -> InputError | ToolError:
    message = f"the package index: {trouble(said)}\n{said}"
    return InputError(message) if said.startswith(_UNUSABLE) else ToolError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Newer:
    """A release that is newer than the one chosen, and whether the index has a wheel of it."""

    name: str
    chosen: str
    newest: str
    is_sdist: bool


def newer(pins: Iterable[tuple[str, str]], supply: Supply = USUAL) -> list[Newer]:
    """Return which packages have newer releases, as far as the index tells."""
    found = []
    for one in outdated(pins, supply):
        name, chosen, newest, kind = (
            str(one.get(key, ""))
            for key in ("name", "version", "latest_version", "latest_filetype")
        )
        found.append(Newer(name=name, chosen=chosen, newest=newest, is_sdist=kind == "sdist"))
    return found


def why_not(
    one: Newer, requirements: Iterable[str], target: Target, supply: Supply = USUAL
) -> str | None:
    """Return in a few words why a newer release cannot be had; None where it could."""
    wanted = [*requirements, f"{one.name}=={one.newest}"]
    said = resolution(wanted, target, supply=supply).said
    if "No solution found" not in said:
        return None
    unbuilt = without_wheels(said)
    if unbuilt and not clashing(said):
        return f"{', '.join(unbuilt)} has no wheel that fits (see `sdists` of env.toml)"
    return headline(said)
