"""Running uv: outside of any project, with the machine's indexes, and without building anything."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uv
from packaging.requirements import Requirement

from harness.host import process
from harness.host.remains import marked
from harness.host.scratch import scratch
from harness.project.core.indexes import NamedIndex, serving
from harness.render.address import redacted
from harness.sources.addressed import bring
from harness.sources.core.listed import Listed
from harness.sources.core.supply import USUAL, Supply
from harness.sources.core.target import Target
from harness.sources.guide import Guide, guided
from harness.sources.index_configuration import indexes_of, secrets, uv_environment
from harness.sources.pace import require_pace

_SECONDS = 600
_UV_KNOWS_GLIBC = (17, 28, *range(31, 41))
"""The minor versions that uv has platforms for; a newer C library resolves as the last."""
_QUIETLY = ("--no-progress", "--no-python-downloads", "--python", sys.executable)
_OVERRIDES = "overrides.txt"
PYLOCK, ANNOTATED = "pylock.toml", "requirements.txt"
"""What a resolution is written as: PEP 751, or a line a package that says who requires it."""
_FORMS: Mapping[str, Sequence[str]] = {
    PYLOCK: ("--format", PYLOCK),
    ANNOTATED: ("--format", ANNOTATED, "--annotation-style", "line"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """How a resolution ended: its status, what uv said without secrets, and what it wrote.

    `directory` is where paths in `written` begin; `indexes` are the addresses of those that uv
    knew, with credentials, and `guide` knows what named ones said; `wheels` are those by address,
    by file name.
    """

    status: int
    said: str
    written: bytes
    directory: Path
    indexes: tuple[str, ...]
    guide: Guide
    wheels: Mapping[str, Listed]


def resolution(
    requirements: Iterable[str],
    target: Target,
    *arguments: str,
    supply: Supply = USUAL,
    form: str = PYLOCK,
    before: bytes | None = None,
) -> Compiled:
    """Resolve for a target; `before` is what an earlier resolution wrote, to be kept to.

    Raises:
        InputError: an index's address is none, or a named index is not known or lacks a package.
        ToolError: uv does not work, or takes too long, or an index gives its answers too slowly.

    """
    with _outside() as directory:
        output = directory / form
        if before:
            output.write_bytes(before)
        if supply.without:
            nobody = "".join(f"{name}; sys_platform == 'nowhere'\n" for name in supply.without)
            (directory / _OVERRIDES).write_text(nobody)
            arguments = (*arguments, "--override", _OVERRIDES)
        compiling = compile_arguments(target, str(output), _FORMS[form])
        argv = [uv.find_uv_bin(), *compiling, *supply.arguments, *arguments]
        wanted = list(requirements)
        require_pace(uv_environment(), (one for one in wanted if _is_usual(one, supply.indexes)))
        brought = bring(wanted, directory)
        told = "\n".join(brought.requirements)
        completed, guide = _run(argv, directory, supply, stdin=told)
        guide.require_answers(solved=completed.status == 0)
        return Compiled(
            status=completed.status,
            said=redacted(completed.stderr, secrets(guide.environment)),
            written=output.read_bytes() if output.exists() else b"",
            directory=directory,
            indexes=(*guide.addresses.values(), *indexes_of(uv_environment())),
            guide=guide,
            wheels=brought.wheels,
        )


def _is_usual(requirement: str, indexes: Sequence[NamedIndex]) -> bool:
    """Return whether a requirement is met from the usual index."""
    wanted = Requirement(requirement)
    return wanted.url is None and serving(wanted.name, indexes) is None


def compile_arguments(target: Target, output: str, form: Sequence[str]) -> list[str]:
    """Return the arguments by which uv resolves standard input for a target and builds nothing."""
    minor = max(known for known in _UV_KNOWS_GLIBC if known <= target.glibc[1])
    platform = f"{target.architecture.machine}-manylinux_2_{minor}"
    return [
        *("pip", "compile", "-", "--output-file", output, *form),
        *("--no-header", "--only-binary", ":all:", *_QUIETLY),
        *("--python-version", target.python, "--python-platform", platform),
    ]


def outdated(pins: Iterable[tuple[str, str]], supply: Supply = USUAL) -> list[dict[str, Any]]:
    """Return what uv says of packages that have a newer release for this interpreter.

    Each has `name`, `version`, `latest_version` and `latest_filetype` (wheel or sdist). Nothing
    where uv does not answer.
    """
    with _outside() as directory:
        for name, version in pins:
            metadata = directory / "site" / f"{name.replace('-', '_')}-{version}.dist-info/METADATA"
            metadata.parent.mkdir(parents=True)
            metadata.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        argv = [
            *(uv.find_uv_bin(), "pip", "list", "--outdated", "--format", "json"),
            *("--target", str(directory / "site"), *_QUIETLY, *supply.arguments),
        ]
        completed, _ = _run(argv, directory, supply)
    try:
        found = json.loads(completed.stdout)
    except ValueError:
        return []
    return found if completed.status == 0 and isinstance(found, list) else []


@contextmanager
def _outside() -> Iterator[Path]:
    """Yield an empty directory: uv looks for a project's settings there, and no further up."""
    with scratch() as directory:
        (directory / "uv.toml").touch()
        yield directory


def _run(
    argv: Sequence[str],
    directory: Path,
    supply: Supply,
    stdin: str | None = None,
) -> tuple[process.Completed, Guide]:
    with guided(uv_environment(), supply.indexes, directory, supply.settings) as guide:
        completed = process.run(
            argv, env=marked(guide.environment), cwd=directory, stdin=stdin, timeout=_SECONDS
        )
    return completed, guide
