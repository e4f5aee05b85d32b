"""A uv.lock as a PEP 751 lock: uv itself exports it, for a project of which we tell the name alone.

So nothing in another's pyproject.toml is read by uv, which asks no index and runs no code.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import tomli_w
import uv

from harness.errors import InputError
from harness.host import process
from harness.host.remains import marked
from harness.host.scratch import scratch
from harness.render.address import redacted
from harness.sources.index_configuration import uv_environment

_SECONDS = 60
_EXPORT = (
    *("export", "--frozen", "--offline", "--no-config", "--no-progress", "--no-header"),
    *("--no-python-downloads", "--no-emit-local", "--format", "pylock.toml"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Which part of a uv.lock is meant: a project's own requirements, and extras and groups."""

    project: str
    extras: Sequence[str] = ()
    groups: Sequence[str] | None = None

    @property
    def arguments(self) -> Iterable[str]:
        """What uv is told of it; without `groups` its usual ones are meant."""
        yield from (f"--extra={name}" for name in self.extras)
        if self.groups is not None:
            yield "--no-default-groups"
            yield from (f"--group={name}" for name in self.groups)


def exported(data: bytes, part: Part, where: str) -> bytes:
    """Return what a uv.lock pins, as a PEP 751 lock.

    Raises:
        InputError: uv does not read it.
        ToolError: uv does not work.

    """
    with scratch() as directory:
        (directory / "uv.lock").write_bytes(data)
        stub = tomli_w.dumps({"project": {"name": part.project, "version": "0"}})
        (directory / "pyproject.toml").write_text(stub)
        argv = [uv.find_uv_bin(), *_EXPORT, *part.arguments]
        done = process.run(argv, env=marked(uv_environment()), cwd=directory, timeout=_SECONDS)
    if done.status != 0:
        said = " ".join(redacted(done.stderr).split())  # it quotes lines of the lock
        raise InputError(f"{where}: uv does not export it: {said[:500]}")
    return done.stdout.encode()
