"""The package index, through uv: which versions fit together, and where their files are.

uv runs without building anything, so no package's code is executed, and outside of any project, so
that only the machine's configuration counts. The addresses returned hold what their index asks for
(user and password): only a download may see them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.documents.damaged import reading
from harness.documents.toml import parse_toml
from harness.errors import InputError, ToolError
from harness.sources.core.listed import Listed, known_hashes
from harness.sources.core.notice import OnNotice, ignored
from harness.sources.core.standard_lock import listed_wheels, read_standard
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
_NO_WHEEL = "no version with a wheel fits, and building sdists is not supported yet"
_UNUSABLE = "Failed to resolve dependencies"

Resolved = tuple[str, str, list[Listed]]
"""Normalised name, version, and every wheel of it that could fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferred:
    """A pylock.toml whose versions are kept where they still fit, but for the packages `free`."""

    lock: bytes
    free: Sequence[str] = ()


def resolve(
    requirements: Iterable[str],
    target: Target,
    *,
    preferred: Preferred | None = None,
    exclude_newer: str | None = None,
    on_notice: OnNotice = ignored,
) -> list[Resolved]:
    """Resolve requirements for a target as `uv pip install` would.

    What uv warns of goes to `on_notice`.

    Raises:
        InputError: the requirements cannot be met together, or only by building an sdist.
        ToolError: the index cannot be reached.

    """
    arguments = ["--exclude-newer", exclude_newer] if exclude_newer else []
    for name in preferred.free if preferred else ():
        arguments += ["--upgrade-package", name]
    return _compile(requirements, target, arguments, preferred, on_notice)


def find(
    pins: Iterable[tuple[str, str]], target: Target, on_notice: OnNotice = ignored
) -> list[Resolved]:
    """Return the wheels of exact versions, without what they depend on.

    Raises:
        ToolError: the index has no such version with a wheel, or cannot be reached.

    """
    requirements = [f"{name}=={version}" for name, version in pins]
    try:
        return _compile(requirements, target, ["--no-deps", "--prerelease=allow"], None, on_notice)
    except InputError as error:
        raise ToolError(f"the package index lacks what is locked: {error}") from error


def requirers(pins: Iterable[tuple[str, str]], target: Target) -> Mapping[str, frozenset[str]]:
    """Return which of these versions require each of them; no code is run.

    Raises:
        InputError: they cannot be installed together.
        ToolError: the index cannot be reached.

    """
    wanted = [f"{name}=={version}" for name, version in pins]
    compiled = resolution(wanted, target, "--prerelease=allow", form=ANNOTATED)
    if compiled.status != 0:
        raise _failure(compiled, wanted, target)
    return read_annotated(compiled.written)


def _compile(
    requirements: Iterable[str],
    target: Target,
    arguments: Sequence[str],
    preferred: Preferred | None,
    on_notice: OnNotice,
) -> list[Resolved]:
    before = preferred.lock if preferred else None
    wanted = list(requirements)
    compiled = resolution(wanted, target, *arguments, before=before)
    if compiled.status != 0:
        raise _failure(compiled, wanted, target, arguments)
    for notice in (*not_asked(), *warnings(compiled.said)):
        on_notice(notice)
    document = parse_toml(compiled.written, _WHERE)
    with reading(_WHERE, ToolError):
        for wheel in (one for package in document["packages"] for one in package.get("wheels", ())):
            if "path" in wheel:  # a file of this machine
                wheel["url"] = (compiled.directory / wheel.pop("path")).resolve().as_uri()
    try:
        found = list(listed_wheels(read_standard(document, _WHERE), _WHERE))
    except InputError as error:
        raise ToolError(str(error)) from error
    environment = compiled.environment
    return [(name, version, _addressed(files, environment)) for name, version, files in found]


def _addressed(wheels: Iterable[Listed], environment: Mapping[str, str]) -> list[Listed]:
    """Return the wheels with addresses that can be asked, and the hashes that can be checked."""
    return [
        replace(
            wheel,
            url=with_credentials(wheel.url, environment),
            hashes=known_hashes(wheel.hashes),
        )
        for wheel in wheels
    ]


def _failure(
    compiled: Compiled, wanted: Sequence[str], target: Target, arguments: Sequence[str] = ()
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
    if unbuilt and not clashing(said) and _fits(wanted, target, arguments, without=unbuilt):
        return InputError(f"{', '.join(unbuilt)}: {_NO_WHEEL}\n{told}")
    return InputError(f"{headline(said)}\n{told}")


def _fits(
    wanted: Sequence[str], target: Target, arguments: Sequence[str], *, without: Sequence[str]
) -> bool:
    return resolution(wanted, target, *arguments, without=without).status == 0


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


def newer(pins: Iterable[tuple[str, str]], exclude_newer: str | None) -> list[Newer]:
    """Return which packages have newer releases, as far as the index tells."""
    arguments = ["--exclude-newer", exclude_newer] if exclude_newer else []
    found = []
    for one in outdated(pins, *arguments):
        name, chosen, newest, kind = (
            str(one.get(key, ""))
            for key in ("name", "version", "latest_version", "latest_filetype")
        )
        found.append(Newer(name=name, chosen=chosen, newest=newest, is_sdist=kind == "sdist"))
    return found


def why_not(
    one: Newer, requirements: Iterable[str], target: Target, exclude_newer: str | None
) -> str | None:
    """Return in a few words why a newer release cannot be had; None where it could."""
    arguments = ["--exclude-newer", exclude_newer] if exclude_newer else []
    said = resolution([*requirements, f"{one.name}=={one.newest}"], target, *arguments).said
    if "No solution found" not in said:
        return None
    unbuilt = without_wheels(said)
    if unbuilt and not clashing(said):
        return f"{', '.join(unbuilt)} has no wheel that fits"
    return headline(said)
