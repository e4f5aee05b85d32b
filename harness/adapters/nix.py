"""Nix's verbs: one function each, in the classic command line that 2.8 to 2.34 share.

Every call states the conditions of a hermetic build by option (`OPTIONS`), because the defaults
differ between versions and machines, and because nix.conf belongs to the machine.
"""

import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.adapters import host, process
from harness.errors import BuildFailedError

STORE = Path("/nix/store")

_STATUS_BASE, _FAILED, _DIFFERS = 96, 4, 8
_KEPT = re.compile(r"keeping build directory '([^']+?)(?:/build)?'")
"""The directory that is left of a build; newer versions of Nix build in one within it."""
_KILLED = re.compile(r"failed due to signal 9 \(Killed\)")
_ATTEMPTS = 6
_EDGE = re.compile(r'^"([^"]+)" -> "([^"]+)"', re.MULTILINE)
"""A line of `nix-store --query --graph`: what is referred to, and by whom."""
FAILED = re.compile(r"(?:builder for|Cannot build) '(/nix/store/[^']+\.drv)'")
"""What Nix says of a builder that failed."""
_REFUSED = re.compile(r"ignoring the client-specified setting '([^']+)'")

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
    return {name: value for name, value in os.environ.items() if name != "NIX_PATH"}


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


def realise(
    derivations: Sequence[str],
    *,
    on_line: Callable[[str], None],
    root: Path | None = None,
    keep_going: bool = False,
    jobs: int | None = None,
) -> process.Completed:
    """Build; each line that Nix prints goes to `on_line`, the outputs' paths stand on stdout.

    `root` is made an indirect root of the garbage collector (with -2, -3, ... for more outputs);
    stdout then holds the roots instead.
    """
    argv = ["nix-store", "--realise", *options(), *derivations]
    argv += ["--add-root", str(root), "--indirect"] if root else []
    argv += ["--keep-going"] if keep_going else []
    argv += ["--max-jobs", str(jobs)] if jobs else []
    return _unless_killed(lambda: process.stream(argv, on_line, env=environment()))


def _unless_killed(run: Callable[[], process.Completed]) -> process.Completed:
    """Run Nix again where it killed a builder that was about to end.

    Nix takes it that a builder has ended once its output is closed, and kills the rest. Programs
    that close theirs before they exit, as those of coreutils do, then sometimes count as failed.
    """
    completed = run()
    for _ in range(_ATTEMPTS):
        if not _KILLED.search(completed.stderr):
            break
        completed = run()
    return completed


def realise_foreign(
    derivations: Sequence[str], *, on_line: Callable[[str], None], jobs: int | None = None
) -> process.Completed:
    """Build, or substitute from wherever this machine's own settings say; lines as in `realise`."""
    hermetic = _without(options(), {"substituters", "builders"})
    argv = ["nix-store", "--realise", *hermetic, *derivations]
    argv += ["--max-jobs", str(jobs)] if jobs else []
    return _unless_killed(lambda: process.stream(argv, on_line, env=environment()))


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
    it finds; `differs` is set whether or not it kept one. `failed`: the builder failed. `built_in`
    are the build directories that were left, and `said` is what Nix and the builder printed.
    """

    status: int
    differing: Mapping[str, Path]
    differs: bool
    failed: bool
    built_in: tuple[str, ...]
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
    (`PATH.check`) tells a difference, and only for a failed builder the message is left.
    """
    kept = {output: Path(f"{output}.check") for output in outputs}
    for path in kept.values():
        discard(path)
    argv = ["nix-store", "--realise", "--check", "--keep-failed", "--max-jobs", "1"]
    argv += [*options(under.options), derivation]
    with host.kept_on(under.cpu):
        completed = _unless_killed(lambda: process.run(argv, env=environment()))
    bits = completed.status - _STATUS_BASE if completed.status > _STATUS_BASE else 0
    differing = {output: path for output, path in kept.items() if os.path.lexists(path)}
    return Rebuilt(
        status=completed.status,
        differing=differing,
        differs=bool(differing) or bool(bits & _DIFFERS),
        failed=bool(bits & _FAILED) or (not bits and bool(FAILED.search(completed.stderr))),
        built_in=tuple(_KEPT.findall(completed.stderr)),
        said=completed.stderr,
    )


def discard(path: Path) -> None:
    """Remove what Nix left in the store beside its valid paths, where there is something.

    Raises:
        ToolError: it cannot be removed.

    """
    if os.path.lexists(path):
        process.check(["nix-store", "--delete", *options(), str(path)], env=environment())


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
        completed = _unless_killed(lambda: process.run(argv, env=apart))
    if FAILED.search(completed.stderr):
        raise BuildFailedError(str(process.failure(completed)))
    if completed.status != 0:
        raise process.failure(completed)


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
