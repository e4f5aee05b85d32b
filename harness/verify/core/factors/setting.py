"""What one rebuild is run under: some factors moved, the others pinned or as they are."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from harness.verify.core.factors.levers import INSIDE, MOVED_BUILD_DIRECTORY, NEAR, odd
from harness.verify.core.factors.rows import registered

BUILD_DIRECTORY = "/build"
_MANY = 4
"""Processors that a crowded rebuild is told of."""


class Crowd(StrEnum):
    """How a rebuild that is told of many processors runs what it can side by side.

    What began first is held up in its turn, or nothing is: what takes no longer than the others are
    held up meets only so.
    """

    IN_TURN = "in turn"
    AT_ONCE = "at once"


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
        return replace(self, shim=self.shim.replace(f" pinned {NEAR}\n", f" pinned {now}\n"))


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
    for factor in registered():
        if factor.name in names:
            lines += [*factor.moved, *factor.by_count(cpus, moved=True)]
    lines += [f"cpus {_MANY}", f"schedule {_IN_CROWD[crowd]}"] if crowd else []
    return Setting(
        shim=_configuration(lines, kept),
        build_directory=MOVED_BUILD_DIRECTORY if "build-directory" in names else BUILD_DIRECTORY,
        cores=odd(cpus) if "cores" in names else None,
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
    for factor in registered():
        if factor.name in among:
            moved = factor.name in names
            chosen = (factor.moved_back or factor.moved) if moved else factor.pinned
            lines += factor.varied[variant - 1] if moved and variant and factor.varied else chosen
            lines += factor.by_count(cpus, moved=moved)
    directory = MOVED_BUILD_DIRECTORY if "build-directory" in names else BUILD_DIRECTORY
    room = _ROOM - _PATHS * (len(directory) - len(BUILD_DIRECTORY))
    if "address-layout" in names:
        lines += [f"env {FILLER}_{count}={'-' * count}" for count in _SHIFTS]
        room += _SHIFT
    return Setting(
        shim=_filled(_configuration(lines, kept), room),
        build_directory=directory,
        cores=odd(cpus) if "cores" in names else 1,
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
