"""Builds by Nix: command lines as values, and what is made of how they ended.

The exit status of a rebuild is 96 plus bits: 4 a build failed, 8 an output differs (Nix's
`Worker::exitStatus`). Through a daemon it is 1 for all of them; then the tree that Nix keeps tells
a difference, and Nix's own error a failed builder.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harness.store.core.log import Failure

_STATUS_BASE, _FAILED, _DIFFERS = 96, 4, 8
_LOGGED = ("--log-format", "internal-json", "--option", "log-lines", "0")
"""Nix's own words apart from a builder's; see `harness.store.core.log`."""
_KEEP_DIFFERING = {"run-diff-hook": "true", "diff-hook": "/dev/null/none"}
"""Keeps a tree that differs, and unlike --keep-failed nothing else; there is no such program."""
_ELSEWHERE = frozenset({"substituters", "builders"})
_LAST_LINES = 20

Options = Mapping[str, str]
"""Nix's options by name: `harness.store.nix.chosen`."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """How `--check` ended.

    `differing` maps the outputs that differ to their rebuilt trees, of which Nix keeps the first
    it finds; `differs` is set whether or not it kept one. `failed`: the builder failed; `killed`:
    it was ended by SIGKILL. `said` is what Nix and the builder printed last.
    """

    status: int
    differing: Mapping[str, str]
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


def arguments(options: Options) -> list[str]:
    """Return options as arguments."""
    return [part for name, value in options.items() for part in ("--option", name, value)]


def realise(
    options: Options,
    derivations: Sequence[str],
    *,
    root: str | None = None,
    keep_going: bool = False,
    jobs: int | None = None,
) -> list[str]:
    """Return what builds; `root` is made an indirect root of the garbage collector."""
    argv = ["nix-store", "--realise", *arguments(options), *derivations]
    argv += ["--add-root", root, "--indirect"] if root else []
    argv += ["--keep-going"] if keep_going else []
    return argv + (["--max-jobs", str(jobs)] if jobs else [])


def realise_foreign(
    options: Options, derivations: Sequence[str], jobs: int | None = None
) -> list[str]:
    """Return what builds, or substitutes from wherever the machine's own settings say."""
    hermetic = {name: value for name, value in options.items() if name not in _ELSEWHERE}
    return realise(hermetic, derivations, jobs=jobs)


def repair(options: Options, derivations: Sequence[str]) -> list[str]:
    """Return what builds anew whatever is not what was recorded."""
    return ["nix-store", "--realise", "--repair", *arguments(options), *derivations]


def check(options: Options, derivation: str, under: Under) -> list[str]:
    """Return what builds once more, compares, and keeps a tree that differs."""
    chosen = {**options, **under.options, **_KEEP_DIFFERING}
    return [
        *("nix-store", "--realise", "--check", "--max-jobs", "1"),
        *arguments(chosen),
        derivation,
    ]


def copy(options: Options, paths: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return what writes store paths, and what reads them into another store."""
    given = arguments(options)
    return ["nix-store", "--export", *given, *paths], ["nix-store", "--import", *given]


def logged(argv: Sequence[str], directory: str) -> list[str]:
    """Return what builds below `directory` and writes Nix's structured log."""
    return [*argv, *_LOGGED, "--option", "build-dir", directory]


def rebuilt(realised: Realised, differing: Mapping[str, str]) -> Rebuilt:
    """Return how a rebuild ended that left some trees that differ."""
    bits = realised.status - _STATUS_BASE if realised.status > _STATUS_BASE else 0
    return Rebuilt(
        status=realised.status,
        differing=differing,
        differs=bool(differing) or bool(bits & _DIFFERS),
        failed=bool(bits & _FAILED) or (not bits and bool(realised.failed)),
        killed=realised.killed,
        said=realised.said,
    )


def failure_text(realised: Realised) -> str:
    """Return how Nix failed where no builder did."""
    verb = " ".join(realised.argv[:2])
    said = "\n".join(f"  {line}" for line in realised.said.splitlines()[-_LAST_LINES:])
    return f"`{verb}` ended with status {realised.status}{':' if said else ''}\n{said}".strip()
