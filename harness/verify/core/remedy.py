"""What each cause is called in words, and what to do about it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.formats.change import Place
from harness.verify.core.factor import FACTORS
from harness.verify.core.hints import FILE_TIME, HOST_STATE, RACE, TEMPORARY_NAME
from harness.verify.core.instability import NEW_TIME, REAL_TIME, UNSTABLE, is_temporary
from harness.verify.core.places import remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A sentence about what happens, and one about what helps."""

    title: str
    remedy: str


ADVICE = {
    "clock": Advice(
        title="the time of the build is in the output",
        remedy="take the time from SOURCE_DATE_EPOCH, or leave it out",
    ),
    "monotonic": Advice(
        title="a measured duration is in the output",
        remedy="write timings to a file of their own, outside the output",
    ),
    "random": Advice(
        title="random numbers are in the output",
        remedy="seed the generator (random_state), or derive names and ids from the content",
    ),
    "hash-seed": Advice(
        title="the order of a set or of hashes is in the output",
        remedy="sort before writing, or set PYTHONHASHSEED (PERL_HASH_SEED) in the build",
    ),
    "directory-order": Advice(
        title="the order in which a directory is listed is in the output",
        remedy="sort what is listed (sorted(), find | sort, tar --sort=name)",
    ),
    "host": Advice(
        title="the name of the host or its kernel is in the output",
        remedy="do not embed it, or set it to a constant (KBUILD_BUILD_HOST and the like)",
    ),
    "time-zone": Advice(
        title="the local time zone is in the output",
        remedy="format times in UTC, or set TZ=UTC in the build",
    ),
    "locale": Advice(
        title="language or character set change the output",
        remedy="set LC_ALL=C in the build, and name encodings explicitly",
    ),
    "home": Advice(
        title="the user's name or home directory is in the output",
        remedy="do not embed it; set HOME and USER to constants where a tool needs them",
    ),
    "umask": Advice(
        title="the permissions of new files are in the output",
        remedy="set modes explicitly (install -m, tar --mode), or set umask in the build",
    ),
    "address-layout": Advice(
        title="an address, or memory that was never written, is in the output",
        remedy="do not print id() or a default repr; set structures to zero before writing them",
    ),
    "threads": Advice(
        title="the number of threads changes the output",
        remedy="build with one thread (OMP_NUM_THREADS=1), or strip the count before saving",
    ),
    "cpus": Advice(
        title="the number of processors changes the output",
        remedy="state the number of workers, and do not save it",
    ),
    "cores": Advice(
        title="NIX_BUILD_CORES changes the output",
        remedy="strip the number of jobs before saving, or join in a fixed order",
    ),
    "build-directory": Advice(
        title="the path of the build is in the output",
        remedy="map it away (-ffile-prefix-map, compileall -s, --remap-path-prefix) or make it "
        "relative",
    ),
    "instruction-set": Advice(
        title="the processor's instructions change the output",
        remedy="build for one baseline (NPY_DISABLE_CPU_FEATURES, OPENBLAS_CORETYPE), or state the "
        "processors that the output is for",
    ),
    "schedule": Advice(
        title="processes or threads race: which comes first, or what meets, decides the output",
        remedy="join results in a fixed order; let one process write, or lock what several change",
    ),
    RACE: Advice(
        title="the order differs between rebuilds under equal conditions: processes or threads "
        "race",
        remedy="join results in a fixed order; let one process write; where nothing runs at once, "
        "sort what comes out of a hash with a seed of its own (Go's maps)",
    ),
    UNSTABLE: Advice(
        title="not stable by itself: two rebuilds under equal conditions differ",
        remedy="look for what no lever pins: the processor's random numbers (RDRAND), hashes with "
        "a seed of their own (Go's maps), addresses, fresh memory, inodes, compression by several "
        "threads, races between processors, measurements, what the host is doing meanwhile",
    ),
    REAL_TIME: Advice(
        title="the real time of the build is in the output, read past the shim (by a static "
        "program, or a system call of its own)",
        remedy="take the time from SOURCE_DATE_EPOCH, or leave it out",
    ),
    FILE_TIME: Advice(
        title="times that the kernel gives new files are in the output",
        remedy="set them (touch -d @$SOURCE_DATE_EPOCH, tar --mtime), or use a header without one",
    ),
    NEW_TIME: Advice(
        title="the real time of the build is in the output: that of a new file, or a clock read "
        "past the shim (by a system call of its own)",
        remedy="take the time from SOURCE_DATE_EPOCH; where it is a file's, set it before "
        "(touch -d @$SOURCE_DATE_EPOCH)",
    ),
    TEMPORARY_NAME: Advice(
        title="names of temporary files are in the output",
        remedy="use fixed names below the build directory",
    ),
    HOST_STATE: Advice(
        title="the state of the host at the time of the build is in the output",
        remedy="do not embed what /proc, df, free or uptime report: load, memory, counters, room",
    ),
}
"""For every factor, and for what no factor stands for."""

_EFFECTS = ("hash-seed", "instruction-set", "locale", "time-zone")
"""Factors whose titles tell what comes of their variables, and not that these are shown."""


def _values() -> dict[str, list[tuple[str, str]]]:
    """Return the variables that factors set, each with the values to which it is moved."""
    found: dict[str, list[tuple[str, str]]] = {name: [] for name in _EFFECTS}
    for factor in FACTORS:
        for line in {*factor.moved, *(line for some in factor.varied for line in some)}:
            variable, _, value = line.removeprefix("env ").partition("=")
            if factor.name in found and value:
                found[factor.name].append((variable, value))
    return found


_SET = _values()
_NAMING = frozenset(["random", "monotonic", "clock", "address-layout", UNSTABLE])
"""Causes that names of temporary files may be drawn from."""
_MIXED = frozenset(["monotonic", "address-layout"])
"""What mktemp(1) draws names from before it asks for random numbers."""
_WORD = re.compile(r"[0-9A-Za-z]+")
_DRAWN = re.compile(r"(?=.*[G-Zg-z])(?!0x|\d*[a-z]*$)\w{6,12}")
"""What mktemp(1) puts in the place of X, and no number, with a unit or without."""
_DUMPED = Advice(
    title="variables of the environment are in the output",
    remedy="do not dump the environment: write the variables that are meant, by name",
)
"""Of a file that shows the environment, whatever moves it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Where a cause shows: a file's path and the name of its format, a place in it, both values."""

    path: str
    form: str = ""
    place: Place = ()
    values: tuple[str, str] = ("", "")


def advice(names: Iterable[str], seen: Sequence[Seen] = (), *, is_dump: bool = False) -> Advice:
    """Return what to say of a cause: `names` are its factors, `seen` its evidence."""
    if is_dump:
        return _DUMPED
    called = [_better(name, seen) for name in names]
    if len(called) == 1 and (variables := _shown(called[0], seen)):
        return _of_variables(variables)
    remedies = [
        remedy(name, one.path, one.form, one.place) or ADVICE[name].remedy
        for name in called
        for one in seen
    ]
    return Advice(
        title="; ".join(ADVICE[name].title for name in called),
        remedy="; ".join(dict.fromkeys(remedies or [ADVICE[name].remedy for name in called])),
    )


def _of_variables(names: Sequence[str]) -> Advice:
    return Advice(
        title=f"the value of {' or '.join(names)} is in the output",
        remedy="leave it out of the output, or set it in the derivation",
    )


def _shown(name: str, seen: Sequence[Seen]) -> list[str]:
    """Return the variables of a factor whose values came, if they did so in all that is seen."""
    shown = [
        [
            variable
            for variable, value in _SET.get(name, ())
            if _has(one.values[1], value) and not _has(one.values[0], value)
        ]
        for one in seen
    ]
    return sorted({variable for some in shown for variable in some}) if all(shown) else []


def _has(text: str, value: str) -> bool:
    return bool(re.search(rf"(?<![\w.]){re.escape(value)}(?![\w.])", text))


def _better(name: str, seen: Sequence[Seen]) -> str:
    """Return what random numbers, clocks and addresses are for, where the values tell."""
    are_names = bool(seen) and all(is_temporary(*one.values) for one in seen)
    are_drawn = bool(seen) and all(_are_drawn(*one.values) for one in seen)
    is_name = (name in _NAMING and are_names) or (name in _MIXED and are_drawn)
    return TEMPORARY_NAME if is_name else name


def _are_drawn(first: str, second: str) -> bool:
    """Tell whether nothing but random letters differs: neither a duration nor an address."""
    ours, theirs = _WORD.findall(first), _WORD.findall(second)
    pairs = [pair for pair in zip(ours, theirs, strict=False) if len({*pair}) > 1]
    return (
        bool(pairs)
        and len(ours) == len(theirs)
        and all(len(one) == len(other) for one, other in pairs)
        and all(_DRAWN.fullmatch(word) for pair in pairs for word in pair)
    )
