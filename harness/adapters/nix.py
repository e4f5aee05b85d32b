"""Nix's verbs: one function each, in the classic command line that 2.8 to 2.34 share.

Every call states the conditions of a hermetic build by option (`OPTIONS`), because the defaults
differ between versions and machines, and because nix.conf belongs to the machine.
"""

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from harness.adapters import host, process
from harness.adapters.files import Kind, noted
from harness.adapters.remains import marked
from harness.adapters.scratch import scratch
from harness.core.nix_log import Begun, BuildLog, Failure
from harness.errors import BuildFailedError, ToolError

STORE = Path("/nix/store")

_STORE_PATH = re.compile(r"/nix/store/[0-9a-df-np-sv-z]{32}-[0-9A-Za-z+._?=-]+")
_STATUS_BASE, _FAILED, _DIFFERS = 96, 4, 8
_ATTEMPTS = 7
_EDGE = re.compile(r'^"([^"]+)" -> "([^"]+)"', re.MULTILINE)
"""A line of `nix-store --query --graph`: what is referred to, and by whom."""
_REFUSED = re.compile(r"ignoring the client-specified setting '([^']+)'")

_LAST_LINES = 20
_LOGGED = ("--log-format", "internal-json", "--option", "log-lines", "0")
"""Nix's own words apart from a builder's; see `harness.core.nix_log`."""
_KEEP_DIFFERING = {"run-diff-hook": "true", "diff-hook": "/dev/null/none"}
"""Keeps a tree that differs, and unlike --keep-failed nothing else; there is no such program."""

OPTIONS: Mapping[str, str] = {
    "sandbox": "true",
    "sandbox-fallback": "false",
    "sandbox-paths": "",
    "extra-sandbox-paths": "",
    "pre-build-hook": "",
    "post-build-hook": "",
    "builders": "",
    "substituters": "",
}
"""What every call passes; a daemon may ignore them (see `refused`)."""


def environment() -> dict[str, str]:
    """Return the environment of every Nix process: ours, less what would change an evaluation."""
    return marked({name: value for name, value in os.environ.items() if name != "NIX_PATH"})


def options(others: Mapping[str, str] | None = None) -> list[str]:
    """Return `OPTIONS` as arguments, with what a machine without a daemon needs besides.

    `others` are set besides, or in their place.
    """
    chosen = {**OPTIONS, **(others or {})}
    if _is_single_user():
        chosen["build-users-group"] = ""
    return [part for name, value in chosen.items() for part in ("--option", name, value)]


def _is_single_user() -> bool:
    return os.geteuid() == 0 and not Path("/nix/var/nix/daemon-socket/socket").exists()


def instantiate(
    file: Path, *, arguments: Mapping[str, str], attributes: Sequence[str]
) -> list[str]:
    """Evaluate attributes of `file` and return their derivations' store paths, in that order.

    Raises:
        ToolError: the evaluation failed.

    """
    argv = ["nix-instantiate", *options(), str(file)]
    for attribute in attributes:
        argv += ["-A", attribute]
    for name, value in arguments.items():
        argv += ["--argstr", name, value]
    return _paths(process.check(argv, env=environment()))


def deriver(path: str) -> str | None:
    """Return the derivation that a store path was built from, if that is known."""
    argv = ["nix-store", "--query", "--deriver", *options(), path]
    known = process.check(argv, env=environment()).strip()
    return known if known.startswith(f"{STORE}/") else None


def evaluate(file: Path, *, arguments: Mapping[str, str], attribute: str) -> str:
    """Evaluate `attribute` of `file` strictly and return it as JSON text.

    Raises:
        ToolError: the evaluation failed.

    """
    argv = ["nix-instantiate", "--eval", "--strict", "--json", *options(), str(file)]
    for name, value in arguments.items():
        argv += ["--argstr", name, value]
    return process.check([*argv, "-A", attribute], env=environment())


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


def _quiet(_: Begun) -> None:
    """Report nothing."""


def realise(
    derivations: Sequence[str],
    *,
    on_begun: OnBegun = _quiet,
    root: Path | None = None,
    keep_going: bool = False,
    jobs: int | None = None,
) -> Realised:
    """Build; `on_begun` hears of each build that begins.

    `root` is made an indirect root of the garbage collector (with -2, -3, ... for more outputs).
    """
    argv = ["nix-store", "--realise", *options(), *derivations]
    argv += ["--add-root", str(root), "--indirect"] if root else []
    argv += ["--keep-going"] if keep_going else []
    argv += ["--max-jobs", str(jobs)] if jobs else []
    return _unless_killed(argv, on_begun)


def repair(derivations: Sequence[str], *, on_begun: OnBegun = _quiet) -> Realised:
    """Build anew what of the outputs, and of what they refer to, is not what was recorded."""
    argv = ["nix-store", "--realise", "--repair", *options(), *derivations]
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
    argv: Sequence[str], on_begun: OnBegun = _quiet, *, env: Mapping[str, str] | None = None
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
            env={**(env or environment()), "TMPDIR": str(directory)},
        )
    return Realised(
        argv=tuple(argv),
        status=completed.status,
        paths=tuple(_paths(completed.stdout)),
        failures=log.failures,
        printed=log.lines,
    )


def realise_foreign(
    derivations: Sequence[str], *, on_begun: OnBegun = _quiet, jobs: int | None = None
) -> Realised:
    """Build as `realise`, or substitute from wherever this machine's own settings say."""
    hermetic = _without(options(), {"substituters", "builders"})
    argv = ["nix-store", "--realise", *hermetic, *derivations]
    argv += ["--max-jobs", str(jobs)] if jobs else []
    return _unless_killed(argv, on_begun)


def _without(arguments: Sequence[str], names: Collection[str]) -> list[str]:
    triples = zip(arguments[::3], arguments[1::3], arguments[2::3], strict=True)
    return [part for triple in triples if triple[1] not in names for part in triple]


def outputs(derivations: Sequence[str]) -> list[str]:
    """Return the paths of all outputs, in the order of the derivations."""
    argv = ["nix-store", "--query", "--outputs", *options(), *derivations]
    return _paths(process.check(argv, env=environment()))


def requisites(paths: Iterable[str], *, include_outputs: bool = False) -> list[str]:
    """Return the closure, references first."""
    argv = ["nix-store", "--query", "--requisites", *options(), *paths]
    return _paths(
        process.check(
            [*argv, *(["--include-outputs"] if include_outputs else [])], env=environment()
        )
    )


def references(paths: Iterable[str]) -> dict[str, list[str]]:
    """Return what each path of the closure of `paths` refers to, itself left out."""
    argv = ["nix-store", "--query", "--graph", *options(), *paths]
    edges = _EDGE.findall(process.check(argv, env=environment()))
    found: dict[str, list[str]] = {}
    for reference, path in edges:
        found.setdefault(f"{STORE}/{path}", []).append(f"{STORE}/{reference}")
    return found


def read_log(path: str) -> str:
    """Return the build log of a derivation or output; empty if Nix kept none."""
    return process.run(["nix-store", "--read-log", *options(), path], env=environment()).stdout


def _paths(output: str) -> list[str]:
    return output.split()


def invalid_paths(paths: Iterable[str]) -> list[str]:
    """Return those of the store paths that the store does not hold."""
    argv = ["nix-store", "--check-validity", "--print-invalid", *options(), *paths]
    return _paths(process.check(argv, env=environment()))


def add_fixed(files: Iterable[Path]) -> list[str]:
    """Add files by sha256 under their own names and return their store paths, in that order.

    Raises:
        ToolError: the store cannot be written, or is full.

    """
    argv = ["nix-store", "--add-fixed", "sha256", *options(), *map(str, files)]
    return _paths(process.check(argv, env=environment()))


def add_fixed_directory(directory: Path) -> str:
    """Add a directory by the sha256 of its NAR under its own name and return its store path.

    Raises:
        ToolError: as `add_fixed`.

    """
    argv = ["nix-store", "--add-fixed", "--recursive", "sha256", *options(), str(directory)]
    (path,) = _paths(process.check(argv, env=environment()))
    return path


def add_roots(root: Path, paths: Sequence[str]) -> None:
    """Keep store paths from the garbage collector by links `root`, `root`-2, `root`-3, ...

    Raises:
        ToolError: a path is not in the store, or a link cannot be made.

    """
    argv = ["nix-store", "--realise", *options(), *paths, "--add-root", str(root), "--indirect"]
    process.check(argv, env=environment())


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
        discard(path)
    before = {path: _identity(path) for path in kept.values()}
    argv = ["nix-store", "--realise", "--check", "--max-jobs", "1"]
    argv += [*options({**under.options, **_KEEP_DIFFERING}), derivation]
    with host.kept_on(under.cpu):
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


def discard(path: Path) -> None:
    """Remove what Nix left in the store beside its valid paths, where there is something.

    It stays where Nix takes it to be in use, as it does while any process uses the path that it
    stands beside: the next rebuild, or a collection of garbage, removes it.
    """
    if os.path.lexists(path):
        process.run(["nix-store", "--delete", *options(), str(path)], env=environment())


def delete(path: str) -> None:
    """Remove a store path and whatever refers to it, though links may hold it.

    Raises:
        ToolError: Nix does not remove it.

    """
    argv = ["nix-store", "--delete", "--ignore-liveness", *options(), path]
    process.check(argv, env=environment())


def is_store_path(path: str) -> bool:
    """Tell whether this is the place of one path of the store."""
    return _STORE_PATH.fullmatch(path) is not None


def rebuild_apart(derivation: str, inputs: Sequence[str], root: Path, under: Under = PLAIN) -> None:
    """Build a derivation in a store of its own below `root`, where all its outputs stay.

    `inputs` is the closure that the build needs. Paths inside are the same as in the real store.

    Raises:
        ToolError: the store cannot be made.
        BuildFailedError: the builder failed.

    """
    apart = {**environment(), "NIX_REMOTE": f"local?root={root}"}
    export = ["nix-store", "--export", *options(), *inputs]
    process.pipe(export, ["nix-store", "--import", *options()], env=environment(), to_env=apart)
    argv = ["nix-store", "--realise", *options(under.options), derivation]
    with host.kept_on(under.cpu):
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


def holds(paths: Sequence[str]) -> bool:
    """Rehash store paths and tell whether each still has the content that the store recorded."""
    argv = ["nix-store", "--verify-path", *options(), *paths]
    return process.run(argv, env=environment()).status == 0


def nar_sizes(paths: Sequence[str]) -> dict[str, int]:
    """Return the recorded size of each path's archive in bytes."""
    argv = ["nix-store", "--query", "--size", *options(), *paths]
    sizes = process.check(argv, env=environment()).split()
    return dict(zip(paths, map(int, sizes), strict=True))


def nar_hashes(paths: Sequence[str]) -> dict[str, str]:
    """Return the recorded hash of each path's archive, as `sha256:` and Nix's base 32."""
    argv = ["nix-store", "--query", "--hash", *options(), *paths]
    hashes = process.check(argv, env=environment()).split()
    return dict(zip(paths, hashes, strict=True))


def version() -> str:
    """Return Nix's version, such as "2.8.0"."""
    return process.check(["nix-store", "--version"], env=environment()).split()[-1]


def refused(path: str) -> list[str]:
    """Return the options that the store's daemon does not take from this user, in order.

    Nix says so when it connects, older versions only with --debug; `path` is any store path.
    """
    argv = ["nix-store", "--check-validity", "--debug", *options(), path]
    said = process.run(argv, env=environment()).stderr
    return sorted(set(_REFUSED.findall(said)) & OPTIONS.keys())
