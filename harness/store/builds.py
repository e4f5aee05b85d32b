"""Nix's verbs that build: first builds, repairs, and rebuilds that are compared.

Each runs in a build directory of ours and is read by Nix's structured log, so that nothing that a
builder prints decides anything.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from harness.errors import BuildFailedError, ToolError
from harness.host import process, processors
from harness.host.files import Kind, noted
from harness.host.scratch import scratch
from harness.store import nix
from harness.store.core import building
from harness.store.core.building import PLAIN, Realised, Rebuilt, Under
from harness.store.core.log import Begun, BuildLog

_ATTEMPTS = 7
_INSISTED = 10.0
"""Seconds: on a busy machine the same builder may be killed many times on end."""

OnBegun = Callable[[Begun], None]


def quiet(_: Begun) -> None:
    """Report nothing."""


def realise(
    derivations: Sequence[str],
    *,
    on_begun: OnBegun = quiet,
    root: Path | None = None,
    keep_going: bool = False,
    jobs: int | None = None,
) -> Realised:
    """Build; `on_begun` hears of each build that begins.

    `root` is made an indirect root of the garbage collector (with -2, -3, ... for more outputs).
    """
    place = str(root) if root else None
    argv = building.realise(nix.chosen(), derivations, root=place, keep_going=keep_going, jobs=jobs)
    return _unless_killed(argv, on_begun)


def repair(derivations: Sequence[str], *, on_begun: OnBegun = quiet) -> Realised:
    """Build anew what of the outputs, and of what they refer to, is not what was recorded."""
    return _unless_killed(building.repair(nix.chosen(), derivations), on_begun)


def _unless_killed(argv: Sequence[str], on_begun: OnBegun) -> Realised:
    """Run Nix again where a builder was killed, perhaps by Nix as it was about to end.

    Nix takes it that a builder has ended once its output is closed, and kills the rest. Programs
    that close theirs before they exit, as those of coreutils do, then sometimes count as failed.
    """
    until = time.monotonic() + _INSISTED
    for attempt in count(1):
        realised = _built(argv, on_begun)
        if not realised.killed or (attempt >= _ATTEMPTS and time.monotonic() >= until):
            break
    return realised


def _built(
    argv: Sequence[str], on_begun: OnBegun = quiet, *, env: Mapping[str, str] | None = None
) -> Realised:
    """Run Nix where it builds, in a directory of ours, and read its structured log."""
    log = BuildLog()

    def on_line(line: str) -> None:
        if begun := log.feed(line):
            on_begun(begun)

    with scratch() as directory:
        completed = process.stream(
            building.logged(argv, str(directory)),
            on_line,
            env={**(env or nix.environment()), "TMPDIR": str(directory)},
        )
    return Realised(
        argv=tuple(argv),
        status=completed.status,
        paths=tuple(completed.stdout.split()),
        failures=log.failures,
        printed=log.lines,
    )


def realise_foreign(
    derivations: Sequence[str], *, on_begun: OnBegun = quiet, jobs: int | None = None
) -> Realised:
    """Build as `realise`, or substitute from wherever this machine's own settings say."""
    return _unless_killed(building.realise_foreign(nix.chosen(), derivations, jobs), on_begun)


def rebuild(derivation: str, outputs: Iterable[str], under: Under = PLAIN) -> Rebuilt:
    """Build a derivation once more and let Nix compare with its `outputs` in the store.

    Nix keeps a tree that differs at `PATH.check`. One that an earlier rebuild left there is not
    this one's: Nix makes it anew.
    """
    kept = {output: Path(f"{output}.check") for output in outputs}
    for path in kept.values():
        nix.discard(path)
    before = {path: _identity(path) for path in kept.values()}
    with processors.kept_on(under.cpu):
        realised = _built(building.check(nix.chosen(), derivation, under))
    differing = {
        output: str(path)
        for output, path in kept.items()
        if realised.status and _identity(path) not in (None, before[path])
    }
    return building.rebuilt(realised, differing)


@contextmanager
def rebuilding(outputs: Iterable[str]) -> Iterator[None]:
    """Have it known, while the block runs, which trees a rebuild of these outputs may leave."""
    with noted(Kind.STORE, *(f"{output}.check" for output in outputs)):
        yield


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a tree from another that stands at its place later."""
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_ino, status.st_ctime_ns


def rebuild_apart(derivation: str, inputs: Sequence[str], root: Path, under: Under = PLAIN) -> None:
    """Build a derivation in a store of its own below `root`, where all its outputs stay.

    `inputs` is the closure that the build needs. Paths inside are the same as in the real store.

    Raises:
        ToolError: the store cannot be made.
        BuildFailedError: the builder failed.

    """
    apart = {**nix.environment(), "NIX_REMOTE": f"local?root={root}"}
    give, take = building.copy(nix.chosen(), inputs)
    process.pipe(give, take, env=nix.environment(), to_env=apart)
    argv = building.realise({**nix.chosen(), **under.options}, [derivation])
    with processors.kept_on(under.cpu):
        realised = _built(argv, env=apart)
    if realised.failed:
        raise BuildFailedError(realised.said)
    if realised.status != 0:
        raise failure(realised)


def failure(realised: Realised) -> ToolError:
    """Say how Nix failed where no builder did."""
    return ToolError(building.failure_text(realised))
