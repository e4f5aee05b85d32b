"""Nix's verbs that build: first builds, repairs, and rebuilds that are compared.

Each runs in a build directory of ours and is read by Nix's structured log, so that nothing that a
builder prints decides anything.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import BuildFailedError, ToolError
from harness.host import process, processors
from harness.host.files import Kind, noted
from harness.host.scratch import scratch
from harness.store import nix
from harness.store.core.log import Begun, BuildLog, Failure

_STATUS_BASE, _FAILED, _DIFFERS = 96, 4, 8
_ATTEMPTS = 7
_LAST_LINES = 20
_LOGGED = ("--log-format", "internal-json", "--option", "log-lines", "0")
"""Nix's own words apart from a builder's; see `harness.store.core.log`."""
_KEEP_DIFFERING = {"run-diff-hook": "true", "diff-hook": "/dev/null/none"}
"""Keeps a tree that differs, and unlike --keep-failed nothing else; there is no such program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Realised:
    """How Nix ended, what failed, and the last lines that builders printed.

    `paths` are the outputs, or the roots that hold them.
    """

    argv: tuple[str, ...]
    status: int
    paths: tuple[str, ...]
    failures: tuple[Failure, ...]
    printed: tuple[str, ...]

    @property
    def failed(self) -> tuple[Failure, ...]:
        """The failures of builders."""
        return tuple(failure for failure in self.failures if failure.derivation)

    @property
    def killed(self) -> bool:
        """Whether a builder was ended by SIGKILL."""
        return any(failure.killed for failure in self.failures)

    @property
    def said(self) -> str:
        """What builders printed last, and Nix's errors."""
        return "\n".join([*self.printed, *(failure.message for failure in self.failures)])


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
    argv = ["nix-store", "--realise", *nix.options(), *derivations]
    argv += ["--add-root", str(root), "--indirect"] if root else []
    argv += ["--keep-going"] if keep_going else []
    argv += ["--max-jobs", str(jobs)] if jobs else []
    return _unless_killed(argv, on_begun)


def repair(derivations: Sequence[str], *, on_begun: OnBegun = quiet) -> Realised:
    """Build anew what of the outputs, and of what they refer to, is not what was recorded."""
    argv = ["nix-store", "--realise", "--repair", *nix.options(), *derivations]
    return _unless_killed(argv, on_begun)


def _unless_killed(argv: Sequence[str], on_begun: OnBegun) -> Realised:
    """Run Nix again where a builder was killed, perhaps by Nix as it was about to end.

    Nix takes it that a builder has ended once its output is closed, and kills the rest. Programs
    that close theirs before they exit, as those of coreutils do, then sometimes count as failed.
    """
    for _ in range(_ATTEMPTS):
        realised = _built(argv, on_begun)
        if not realised.killed:
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
            [*argv, *_LOGGED, "--option", "build-dir", str(directory)],
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
    hermetic = _without(nix.options(), {"substituters", "builders"})
    argv = ["nix-store", "--realise", *hermetic, *derivations]
    argv += ["--max-jobs", str(jobs)] if jobs else []
    return _unless_killed(argv, on_begun)


def _without(arguments: Sequence[str], names: Collection[str]) -> list[str]:
    triples = zip(arguments[::3], arguments[1::3], arguments[2::3], strict=True)
    return [part for triple in triples if triple[1] not in names for part in triple]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """How `--check` ended.

    `differing` maps the outputs that differ to their rebuilt trees, of which Nix keeps the first
    it finds; `differs` is set whether or not it kept one. `failed`: the builder failed; `killed`:
    it was ended by SIGKILL. `said` is what Nix and the builder printed last.
    """

    status: int
    differing: Mapping[str, Path]
    differs: bool
    failed: bool
    killed: bool
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Under:
    """What a rebuild runs under: options of Nix's, and the one processor to use, if any."""

    options: Mapping[str, str] = field(default_factory=dict)
    cpu: int | None = None


PLAIN = Under()


def rebuild(derivation: str, outputs: Iterable[str], under: Under = PLAIN) -> Rebuilt:
    """Build a derivation once more and let Nix compare with its `outputs` in the store.

    The exit status is 96 plus bits: 4 a build failed, 8 an output differs (Nix's
    `Worker::exitStatus`). Through a daemon it is 1 for all of them; then the tree that Nix keeps
    (`PATH.check`) tells a difference, and Nix's own error a failed builder. A tree that an earlier
    rebuild left is not this one's: Nix makes it anew.
    """
    kept = {output: Path(f"{output}.check") for output in outputs}
    for path in kept.values():
        nix.discard(path)
    before = {path: _identity(path) for path in kept.values()}
    argv = ["nix-store", "--realise", "--check", "--max-jobs", "1"]
    argv += [*nix.options({**under.options, **_KEEP_DIFFERING}), derivation]
    with processors.kept_on(under.cpu):
        realised = _built(argv)
    bits = realised.status - _STATUS_BASE if realised.status > _STATUS_BASE else 0
    differing = {
        output: path
        for output, path in kept.items()
        if realised.status and _identity(path) not in (None, before[path])
    }
    return Rebuilt(
        status=realised.status,
        differing=differing,
        differs=bool(differing) or bool(bits & _DIFFERS),
        failed=bool(bits & _FAILED) or (not bits and bool(realised.failed)),
        killed=realised.killed,
        said=realised.said,
    )


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
    export = ["nix-store", "--export", *nix.options(), *inputs]
    process.pipe(
        export, ["nix-store", "--import", *nix.options()], env=nix.environment(), to_env=apart
    )
    argv = ["nix-store", "--realise", *nix.options(under.options), derivation]
    with processors.kept_on(under.cpu):
        realised = _built(argv, env=apart)
    if realised.failed:
        raise BuildFailedError(realised.said)
    if realised.status != 0:
        raise failure(realised)


def failure(realised: Realised) -> ToolError:
    """Say how Nix failed where no builder did."""
    verb = " ".join(realised.argv[:2])
    said = "\n".join(f"  {line}" for line in realised.said.splitlines()[-_LAST_LINES:])
    return ToolError(
        f"`{verb}` ended with status {realised.status}{':' if said else ''}\n{said}".strip()
    )
