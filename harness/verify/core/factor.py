"""Factors: the conditions of a build that can be changed without changing its derivation.

Each is pinned or moved. A verdict holds under the conditions that it names and no others: what
could not be moved is listed with the reason, and what changes between two builds anyway (process
ids, say) is not counted as exercised.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

BUILD_DIRECTORY = "/build"
MOVED_BUILD_DIRECTORY = "/harness-moved/build"
INSIDE = "/dev/harness"
"""Where the shim and all that belongs to it are in the sandbox."""
LOCALES = f"{INSIDE}/locale"
LOCALE = "tr_TR.UTF-8"
"""Differs from C in characters, collation, the decimal point, letter case, and names."""
_ODD = (3, 5)
"""Counts that few machines have; the second serves where a machine has the first."""
_MANY = 4
"""Processors that a crowded rebuild is told of."""


class Lever(StrEnum):
    """What moves a factor."""

    SHIM = "preloaded shim"
    VARIABLES = "variables set by the shim"
    NIX = "option of Nix"


class Crowd(StrEnum):
    """How a rebuild that is told of many processors runs what it can side by side.

    What began first is held up in its turn, or nothing is: what takes no longer than the others are
    held up meets only so.
    """

    IN_TURN = "in turn"
    AT_ONCE = "at once"


class Reached(StrEnum):
    """Which programs of a build the shim reported from, in the words of the report."""

    BUILDER = "every program that loads shared libraries"
    CHILDREN = "the builder itself is out of the shim's reach, though not all that it starts"
    NOTHING = "no program reported that the shim ran in it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far the shim came in a build.

    `beyond` are programs that it did not run in, by name; `knows_locale` is unset where the C
    library of a program could not load the moved locale. `counted` says that a program asked how
    many processors there are, `shares` that threads ran, or processes with memory in common.
    """

    reached: Reached = Reached.BUILDER
    beyond: tuple[str, ...] = ()
    knows_locale: bool = True
    counted: bool = False
    shares: bool = False

    @property
    def is_whole(self) -> bool:
        """Tell whether nothing was out of reach."""
        return self.reached is Reached.BUILDER and not self.beyond

    def with_(self, other: "Reach") -> "Reach":
        """Return how far it came in two rebuilds: not beyond what either missed."""
        return Reach(
            reached=other.reached if self.reached is Reached.BUILDER else self.reached,
            beyond=tuple(sorted({*self.beyond, *other.beyond})),
            knows_locale=self.knows_locale and other.knows_locale,
            counted=self.counted or other.counted,
            shares=self.shares or other.shares,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One factor: what it is, its lever, what that cannot reach, and the shim's lines for it.

    `moved` is for the one rebuild that moves everything and is compared with what is there;
    `moved_back` takes its place against a pinned build, where another value is the certain one.
    `varied` are two more values, for factors whose value can by chance give what another gives.
    """

    name: str
    what: str
    lever: Lever
    misses: str
    pinned: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    moved_back: tuple[str, ...] = ()
    varied: tuple[tuple[str, ...], ...] = ()


_STATIC = "static programs"
_NEAR = "near-the-real-one"
"""Builds refuse files of the future, and tests have their time: `Setting.at` gives the number."""
_MOVED = 48078188
"""Seconds after which every part of a date and time is another."""
_AT_ONCE: tuple[str, ...] = ()
"""Nothing is held up: what is shorter than that meets only so, where there are processors."""
_NUMPY = (
    "AVX2 FMA3 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR "
    "X86_V3 X86_V4"
)
_LIBC = (
    "-AVX512F,-AVX512VL,-AVX2,-AVX,-FMA,-FMA4,-AVX512F_Usable,-AVX2_Usable,-FMA_Usable,-FMA4_Usable"
)

FACTORS = (
    Factor(
        name="clock",
        what="the time of day",
        lever=Lever.SHIM,
        misses=f"{_STATIC} (they see the minutes between the builds)",
        pinned=(f"clock pinned {_NEAR}",),
        moved=(f"clock offset {_MOVED}",),
    ),
    Factor(
        name="file-time",
        what="the times that the kernel gives new files",
        lever=Lever.SHIM,
        misses=f"{_STATIC}; the C library's own use in ftw and glob",
        pinned=(f"file-times pinned {_NEAR}",),
        moved=(f"file-times offset {_MOVED}",),
    ),
    Factor(
        name="monotonic",
        what="the clocks that measure durations",
        lever=Lever.SHIM,
        misses=_STATIC,
        pinned=("monotonic pinned 5000",),
        moved=("monotonic offset 86461",),
    ),
    Factor(
        name="random",
        what="random numbers of the kernel and the C library",
        lever=Lever.SHIM,
        misses=f"{_STATIC}; the processor's RDRAND",
        pinned=("random 1",),
        moved=("random 2",),
        varied=(("random 3",), ("random 4",)),
    ),
    Factor(
        name="hash-seed",
        what="the seed of hashes in Python and Perl",
        lever=Lever.VARIABLES,
        misses="what sets its own seed; Go's maps",
        pinned=("env PYTHONHASHSEED=0", "env PERL_HASH_SEED=0"),
        moved=("env PYTHONHASHSEED=4242", "env PERL_HASH_SEED=4242"),
        varied=(
            ("env PYTHONHASHSEED=1111", "env PERL_HASH_SEED=1111"),
            ("env PYTHONHASHSEED=31415", "env PERL_HASH_SEED=31415"),
        ),
    ),
    Factor(
        name="directory-order",
        what="the order in which directories are listed",
        lever=Lever.SHIM,
        misses=_STATIC,
        pinned=("directory-order sorted",),
        moved=("directory-order backwards",),
        moved_back=("directory-order reversed",),
        varied=(("directory-order shuffled 1",), ("directory-order shuffled 2",)),
    ),
    Factor(
        name="host",
        what="the names of the host and its kernel",
        lever=Lever.SHIM,
        misses=f"{_STATIC}; /proc/sys/kernel",
        pinned=("host localhost", "release 6.1.0"),
        moved=("host harness-moved", "release 9.87.6-harness"),
    ),
    Factor(
        name="time-zone",
        what="the local time zone",
        lever=Lever.VARIABLES,
        misses="what sets TZ itself",
        pinned=("env TZ=UTC0",),
        moved=("env TZ=HRN-11:47",),
    ),
    Factor(
        name="locale",
        what="language and character set",
        lever=Lever.VARIABLES,
        misses="what sets its own; C libraries that cannot load Debian's locales",
        moved=(f"locale {LOCALE}", f"env LANG={LOCALE}", "env LANGUAGE=tr"),
    ),
    Factor(
        name="home",
        what="the user's name and home directory in the environment",
        lever=Lever.VARIABLES,
        misses="/etc/passwd",
        moved=("env HOME=/harness-was-here", "env USER=harnessed", "env LOGNAME=harnessed"),
    ),
    Factor(
        name="umask",
        what="the permissions that new files get",
        lever=Lever.SHIM,
        misses=_STATIC,
        pinned=("umask 0022",),
        moved=("umask 0077",),
    ),
    Factor(
        name="address-layout",
        what="where memory lies, and what fresh memory holds",
        lever=Lever.SHIM,
        misses=_STATIC,
        moved=("address-layout random",),
    ),
    Factor(
        name="threads",
        what="the number of threads of OpenMP and the BLAS libraries",
        lever=Lever.VARIABLES,
        misses="pools that a program sizes by itself",
    ),
    Factor(
        name="cpus",
        what="the number of processors",
        lever=Lever.SHIM,
        misses=f"{_STATIC}; /proc/cpuinfo and /sys",
    ),
    Factor(name="cores", what="NIX_BUILD_CORES", lever=Lever.NIX, misses=""),
    Factor(name="build-directory", what="the path of the build", lever=Lever.NIX, misses=""),
    Factor(
        name="instruction-set",
        what="the processor's newer instructions, as libraries choose by them",
        lever=Lever.VARIABLES,
        misses="code that asks the processor itself and knows no such variable",
        moved=(
            f"env GLIBC_TUNABLES=glibc.cpu.hwcaps={_LIBC}",
            f"env NPY_DISABLE_CPU_FEATURES={_NUMPY}",
            "env OPENBLAS_CORETYPE=Nehalem",
            "env ATEN_CPU_CAPABILITY=default",
            "env MKL_CBWR=COMPATIBLE",
        ),
    ),
    Factor(
        name="schedule",
        what="which process or thread comes first",
        lever=Lever.SHIM,
        misses="races that none of the rebuilds happened to show",
        moved=("schedule 1",),
        varied=(_AT_ONCE, ("schedule 2",)),
    ),
)
"""Every factor, in the order of reports."""

NAMES = tuple(factor.name for factor in FACTORS)
SHIM_NAMES = frozenset(factor.name for factor in FACTORS if factor.lever is not Lever.NIX)
"""The factors that need the shim in the sandbox and in the programs that run there."""
_IN_PROGRAMS = frozenset(
    factor.name for factor in FACTORS if factor.lever is Lever.SHIM and factor.name != "umask"
) | {"locale"}
"""Those that the shim moves in each program; the others are inherited from the builder."""
_NO_LOCALE = f"the C library of its programs cannot load {LOCALE}"
_MOST_NAMED = 5
FILLER = "HARNESS_FILLER"
PRELOADS = ("/etc/ld.so.preload", "/etc/ld-nix.so.preload")
"""Where Debian's loader looks for the shim, and the one of nixpkgs."""
OWN = (FILLER, INSIDE, *PRELOADS)
"""What stands in an output only where harness itself put it: no evidence of anything."""
_IN_CROWD = {Crowd.IN_TURN: 2, Crowd.AT_ONCE: 0}
_ROOM = 2048
_SHIFT = 208
"""What the layout of memory is moved by where it is not random: an odd multiple of 16 bytes."""
_SHIFTS = (5, 70, 600)
"""Lengths of variables that make programs that keep the environment allocate more, too."""
_PATHS = 6
"""Variables that Nix sets to the build's directory: NIX_BUILD_TOP, PWD, four for temporaries."""
_POINTER = 9
"""What an entry takes besides its text on a 64-bit machine: a pointer, and a zero at the end."""
_PRESENT = {"env HOME": len("HOME=/homeless-shelter") + _POINTER}
"""What Nix sets anyway is replaced and not added."""
_THREADS = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB", "RAYON", "BLIS")
"""The first is asked by nproc, too: it stays unset, so that the number of processors shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What one rebuild is run under.

    `shim` is the text of the shim's configuration; `cores` is Nix's, as it is set up if None; with
    `alone` the build is kept on one processor.
    """

    shim: str
    build_directory: str = BUILD_DIRECTORY
    cores: int | None = None
    alone: bool = False

    def at(self, now: int) -> "Setting":
        """Return the setting with pinned times that begin at a Unix time."""
        return replace(self, shim=self.shim.replace(f" pinned {_NEAR}\n", f" pinned {now}\n"))


def moving(
    names: Collection[str],
    *,
    cpus: int,
    kept: Collection[str] = (),
    crowd: Crowd | None = None,
) -> Setting:
    """Return the setting that moves the named factors and leaves the others as they are.

    `cpus` is the machine's number of processors; `kept` are variables that the derivation itself
    sets, which stay as it sets them. Where the schedule is moved, too, builds keep all processors,
    for some races need two. In a `crowd` the build is told of many of them and not of one.
    """
    lines: list[str] = []
    for factor in FACTORS:
        if factor.name in names:
            lines += [*factor.moved, *_counted(factor.name, moved=True, cpus=cpus)]
    lines += [f"cpus {_MANY}", f"schedule {_IN_CROWD[crowd]}"] if crowd else []
    return Setting(
        shim=_configuration(lines, kept),
        build_directory=MOVED_BUILD_DIRECTORY if "build-directory" in names else BUILD_DIRECTORY,
        cores=_odd(cpus) if "cores" in names else None,
        alone="cpus" in names and "schedule" not in names and cpus > 1,
    )


def pinned_but(
    names: Collection[str],
    among: Collection[str],
    *,
    cpus: int,
    kept: Collection[str] = (),
    variant: int = 0,
) -> Setting:
    """Return the setting that moves the named factors and pins the others of `among`.

    It is to be used `at` a time. Arguments are those of `moving`; a `variant` other than 0 moves
    seeds to other values. Races are kept from showing by one processor, unless the schedule itself
    is moved.
    """
    lines: list[str] = []
    for factor in FACTORS:
        if factor.name in among:
            moved = factor.name in names
            chosen = (factor.moved_back or factor.moved) if moved else factor.pinned
            lines += factor.varied[variant - 1] if moved and variant and factor.varied else chosen
            lines += _counted(factor.name, moved=moved, cpus=cpus)
    directory = MOVED_BUILD_DIRECTORY if "build-directory" in names else BUILD_DIRECTORY
    room = _ROOM - _PATHS * (len(directory) - len(BUILD_DIRECTORY))
    if "address-layout" in names:
        lines += [f"env {FILLER}_{count}={'-' * count}" for count in _SHIFTS]
        room += _SHIFT
    return Setting(
        shim=_filled(_configuration(lines, kept), room),
        build_directory=directory,
        cores=_odd(cpus) if "cores" in names else 1,
        alone="schedule" not in names and cpus > 1,
    )


def _configuration(lines: Sequence[str], kept: Collection[str]) -> str:
    """Return the shim's text, without the variables that the derivation sets."""
    own = tuple(f"env {name}=" for name in kept)
    return "".join(f"{line}\n" for line in lines if not line.startswith(own))


def _filled(configuration: str, room: int) -> str:
    """Add a variable that makes the environment `room` bytes large.

    The stack begins below the environment: addresses would follow the length of a home directory.
    """
    size = sum(
        len(line) - len("env ") + _POINTER - _PRESENT.get(line.partition("=")[0], 0)
        for line in configuration.splitlines()
        if line.startswith("env ")
    )
    return f"{configuration}env {FILLER}={'-' * max(0, room - size)}\n"


def _counted(name: str, *, moved: bool, cpus: int) -> tuple[str, ...]:
    """Return the shim's lines of the factors whose value depends on the machine's processors."""
    if name == "threads":
        if not moved:
            return tuple(f"env {library}_NUM_THREADS=1" for library in _THREADS[1:])
        return tuple(f"env {library}_NUM_THREADS={_odd(cpus)}" for library in _THREADS)
    if name == "cpus":
        return (f"cpus {(1 if cpus > 1 else 2) if moved else cpus}",)
    return ()


def unreached(moved: Collection[str], reach: Reach) -> dict[str, str]:
    """Return the moved factors that did not reach all of a build's programs, with the reason."""
    if reach.reached is not Reached.BUILDER:
        return {name: reach.reached.value for name in NAMES if name in moved and name in SHIM_NAMES}
    lacking = {} if reach.knows_locale else {"locale": _NO_LOCALE}
    if reach.beyond:
        reason = f"{_shortened(reach.beyond)}: the shim did not run in what the build started"
        lacking |= dict.fromkeys(_IN_PROGRAMS, reason)
    return {name: lacking[name] for name in NAMES if name in moved and name in lacking}


def _shortened(names: Sequence[str]) -> str:
    rest = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"{', '.join(names[:_MOST_NAMED])}{rest}"


def _odd(cpus: int) -> int:
    """Return a count of processors that this machine does not have."""
    return next(count for count in _ODD if count != cpus)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """The factors that a rebuild moved, by name, and what it ran under.

    `nix` and `kernel` are versions, `processor` the model's name with its `flags`, and `cpus` the
    number that a build may use. `shim` is the name of the shim's store path, empty where none was
    needed. `not_exercised` maps the factors that were not moved to the reason.
    """

    nix: str
    processor: str
    cpus: int
    kernel: str = ""
    flags: tuple[str, ...] = ()
    shim: str = ""
    moved: frozenset[str] = frozenset()
    not_exercised: Mapping[str, str] = field(default_factory=dict)

    def as_object(self) -> Mapping[str, Any]:
        """Return what reports and remembered verdicts hold, in a fixed order."""
        return {
            "moved": [name for name in NAMES if name in self.moved],
            "not-exercised": dict(self.not_exercised),
            "nix": self.nix,
            "shim": self.shim,
            "sandbox": True,
            "kernel": self.kernel,
            "processor": self.processor,
            "flags": list(self.flags),
            "cpus": self.cpus,
        }

    def __str__(self) -> str:
        how = "a plain rebuild"
        if self.moved:
            rest = len(FACTORS) - len(self.moved)
            named = ", ".join(name for name in NAMES if name in self.moved)
            how = f"moved {named}" if rest else f"all {len(FACTORS)} factors moved"
        return f"{how}, Nix {self.nix}, {self.cpus} CPUs ({self.processor})"
