"""The package index, through uv: which versions fit together, and where their files are.

uv runs without building anything, so no package's code is executed, and outside of any project, so
that only the machine's configuration counts. The addresses returned hold what their index asks for
(user and password): only a download may see them.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.adapters.configuration import not_asked, with_credentials
from harness.adapters.uv_command import ANNOTATED, resolution
from harness.core.damaged import reading
from harness.core.listed import Listed, known_hashes
from harness.core.notice import OnNotice, ignored
from harness.core.pylock import listed_wheels, parse_toml, read_standard
from harness.core.target import Target
from harness.core.uv_said import read_annotated, warnings
from harness.errors import InputError, ToolError

_WHERE = "the index's answer"
_NO_WHEEL = re.compile(r"Wheels are required for `([^`]+)`")

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
        raise _explained(compiled.said)
    return read_annotated(compiled.written)


def _compile(
    requirements: Iterable[str],
    target: Target,
    arguments: Sequence[str],
    preferred: Preferred | None,
    on_notice: OnNotice,
) -> list[Resolved]:
    before = preferred.lock if preferred else None
    compiled = resolution(requirements, target, *arguments, before=before)
    if compiled.status != 0:
        raise _explained(compiled.said)
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


def _explained(said: str) -> InputError | ToolError:
    said = said[max(said.find("error: "), 0) :].strip().removeprefix("error: ")
    if "No solution found" not in said:
        return ToolError(f"the package index: {said}")
    if missing := _NO_WHEEL.findall(said):
        return InputError(
            f"{', '.join(dict.fromkeys(missing))}: no version with a wheel fits, and building "
            f"sdists is not supported yet\n{said}"
        )
    return InputError(said)
