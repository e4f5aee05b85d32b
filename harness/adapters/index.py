"""The package index, through uv: which versions fit together, and where their files are.

uv runs without building anything, so no package's code is executed, and outside of any project, so
that only the machine's configuration counts.
"""

import re
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import uv

from harness.adapters import process
from harness.adapters.configuration import uv_environment
from harness.core.inputs import Input
from harness.core.pylock import parse_toml, read_standard, wheel_inputs
from harness.core.target import Target
from harness.errors import InputError, ToolError

_SECONDS = 600
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
_NO_WHEEL = re.compile(r"Wheels are required for `([^`]+)`")

_UV_KNOWS_GLIBC = (17, 28, *range(31, 41))
"""The minor versions that uv has platforms for; a newer C library resolves as the last."""

Resolved = tuple[str, str, list[Input]]
"""Normalised name, version, and every wheel of it that could fit."""


def resolve(
    requirements: Iterable[str],
    target: Target,
    *,
    preferred: bytes | None = None,
    update: Sequence[str] = (),
    exclude_newer: str | None = None,
) -> list[Resolved]:
    """Resolve requirements for a target as `uv pip install` would.

    `preferred` is a pylock.toml whose versions are kept where they still fit, except those of the
    packages in `update` ("all" for every one).

    Raises:
        InputError: the requirements cannot be met together, or only by building an sdist.
        ToolError: the index cannot be reached.

    """
    arguments = ["--exclude-newer", exclude_newer] if exclude_newer else []
    for name in update:
        arguments += ["--upgrade"] if name == "all" else ["--upgrade-package", name]
    return _compile(requirements, target, arguments, preferred)


def find(pins: Iterable[tuple[str, str]], target: Target) -> list[Resolved]:
    """Return the wheels of exact versions, without what they depend on.

    Raises:
        InputError: the index has no such version with a wheel.
        ToolError: the index cannot be reached.

    """
    requirements = [f"{name}=={version}" for name, version in pins]
    return _compile(requirements, target, ["--no-deps", "--prerelease=allow"], None)


def _compile(
    requirements: Iterable[str], target: Target, arguments: Sequence[str], preferred: bytes | None
) -> list[Resolved]:
    machine = target.architecture.machine
    minor = max(known for known in _UV_KNOWS_GLIBC if known <= target.glibc[1])
    with tempfile.TemporaryDirectory(prefix="harness-") as directory:
        output = Path(directory, "pylock.toml")
        if preferred:
            output.write_bytes(preferred)
        argv = [
            *(uv.find_uv_bin(), "pip", "compile", "-", "--output-file", str(output)),
            *("--format", "pylock.toml", "--no-header", "--quiet", "--no-progress"),
            *("--only-binary", ":all:", "--no-python-downloads", "--python", sys.executable),
            *("--python-version", target.python),
            *("--python-platform", f"{machine}-manylinux_2_{minor}"),
            *arguments,
        ]
        completed = process.run(
            argv,
            env=uv_environment(),
            cwd=Path(directory),
            stdin="\n".join(requirements),
            timeout=_SECONDS,
        )
        if completed.status != 0:
            raise _explained(completed.stderr)
        data = output.read_bytes()
    where = "the index's answer"
    return list(wheel_inputs(read_standard(parse_toml(data, where), where), where))


def _explained(stderr: str) -> InputError | ToolError:
    said = _CREDENTIALS.sub("", stderr.strip())
    if "No solution found" not in said:
        return ToolError(f"the package index: {said}")
    if missing := _NO_WHEEL.findall(said):
        return InputError(
            f"{', '.join(dict.fromkeys(missing))}: no wheel fits, and building sdists is not "
            f"supported yet\n{said}"
        )
    return InputError(said)
