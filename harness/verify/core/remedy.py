"""What each cause is called in words, and what to do about it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.formats.change import Place
from harness.verify.core.factors.factor import Advice
from harness.verify.core.factors.rows import registered
from harness.verify.core.hints import HOST_STATE, RACE, TEMPORARY_NAME
from harness.verify.core.instability import NEW_TIME, REAL_TIME, UNSTABLE, is_temporary
from harness.verify.core.places import remedy

_OTHERS = {
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
"""For what no factor stands for."""

_WORD = re.compile(r"[0-9A-Za-z]+")
_DRAWN = re.compile(r"(?=.*[G-Zg-z])(?!0x|\d*[a-z]*$)\w{6,12}")
"""What mktemp(1) puts in the place of X, and no number, with a unit or without."""
_DUMPED = Advice(
    title="variables of the environment are in the output",
    remedy="do not dump the environment: write the variables that are meant, by name",
)
"""Of a file that shows the environment, whatever moves it."""


def causes() -> dict[str, Advice]:
    """Return what to say of each cause."""
    return {row.name: row.advice for row in registered()} | _OTHERS


def _set(name: str) -> list[tuple[str, str]]:
    """Return the variables of a factor that tell by their values, each with one to which it moves.

    Others have titles that tell what comes of their variables, and these are shown or not.
    """
    if name not in registered().names or not registered()[name].has_effects:
        return []
    row = registered()[name]
    lines = {*row.moved, *(line for some in row.varied for line in some)}
    pairs = (line.removeprefix("env ").partition("=") for line in lines)
    return [(variable, value) for variable, _, value in pairs if value]


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
    told, called = causes(), [_better(name, seen) for name in names]
    if len(called) == 1 and (variables := _shown(called[0], seen)):
        return _of_variables(variables)
    remedies = [
        remedy(name, one.path, one.form, one.place) or told[name].remedy
        for name in called
        for one in seen
    ]
    return Advice(
        title="; ".join(told[name].title for name in called),
        remedy="; ".join(dict.fromkeys(remedies or [told[name].remedy for name in called])),
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
            for variable, value in _set(name)
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
    draws = registered().that(lambda row: row.names_files) | {UNSTABLE}
    mixes = registered().that(lambda row: row.mixes_names)
    is_name = (name in draws and are_names) or (name in mixes and are_drawn)
    return TEMPORARY_NAME if is_name else name


def _are_drawn(first: str, second: str) -> bool:
    """Return whether nothing but random letters differs: neither a duration nor an address."""
    ours, theirs = _WORD.findall(first), _WORD.findall(second)
    pairs = [pair for pair in zip(ours, theirs, strict=False) if len({*pair}) > 1]
    return (
        bool(pairs)
        and len(ours) == len(theirs)
        and all(len(one) == len(other) for one, other in pairs)
        and all(_DRAWN.fullmatch(word) for pair in pairs for word in pair)
    )
