"""What a factor is, and what all of them together tell."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from functools import cached_property


class Lever(StrEnum):
    """What moves a factor."""

    SHIM = "preloaded shim"
    VARIABLES = "variables set by the shim"
    NIX = "option of Nix"


class Sign(Enum):
    """What the bytes of a difference can look like; `hints` recognises each."""

    MODE = auto()
    ADDRESS = auto()
    CLOCK = auto()
    """A number grew as the moved clock did, or as the other clock or the zone, which follow."""
    DURATION_MOVED = auto()
    ZONE = auto()
    FILE_TIME = auto()
    TIME = auto()
    DATE = auto()
    YEAR = auto()
    ORDER = auto()
    LISTING = auto()
    """An order, and that in which a directory is listed."""
    RACE = auto()
    """Lines in another order."""
    TIMED_ID = auto()
    ID = auto()
    TEMPORARY = auto()
    HEX = auto()
    FEW = auto()
    MANY = auto()
    """A number that became the count of few, or of many."""
    DURATION = auto()
    ROUNDING = auto()
    FLOAT = auto()
    LARGE = auto()
    TOKEN = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A sentence about what happens, and one about what helps."""

    title: str
    remedy: str


Lines = tuple[str, ...]
"""What the shim is told."""


def _nothing(*_: int, **__: bool) -> Lines:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One factor: what it is, its lever, what that cannot reach, and the shim's lines for it.

    `moved` is for the one rebuild that moves everything and is compared with what is there;
    `moved_back` takes its place against a pinned build, where another value is the certain one.
    `varied` are two more values, for factors whose value can by chance give what another gives.
    `by_count` gives lines that depend on the machine's number of processors. `shows` are texts that
    stand in an output only if this factor was moved. With `in_programs` the shim moves it in each
    program; others are inherited from the builder.

    `signs` say what speaks for it, each with its place among the factors with that sign. It is the
    `likely`-th to be asked, and the `telling`-th to be told: from causes of their own to those that
    follow others about. It `reorders` what races reorder too, `shifts` what lies in memory, or puts
    more `side_by_side`. `has_effects` says that its title tells what comes of its variables, not
    that these are shown; `names_files`, that names of temporary files may be drawn from it, and
    `mixes_names`, that mktemp(1) does so before it asks for random numbers.
    """

    name: str
    what: str
    lever: Lever
    misses: str
    advice: Advice
    likely: int
    telling: int
    signs: tuple[tuple[Sign, int], ...] = ()
    pinned: Lines = ()
    moved: Lines = ()
    moved_back: Lines = ()
    varied: tuple[Lines, ...] = ()
    by_count: Callable[..., Lines] = _nothing
    shows: tuple[str, ...] = ()
    in_programs: bool = False
    reorders: bool = False
    shifts: bool = False
    side_by_side: bool = False
    has_effects: bool = False
    names_files: bool = False
    mixes_names: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Factors:
    """All factors, in the order of reports."""

    rows: tuple[Factor, ...]

    def __iter__(self) -> Iterator[Factor]:
        return iter(self.rows)

    def __getitem__(self, name: str) -> Factor:
        return next(row for row in self.rows if row.name == name)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(row.name for row in self.rows)

    @cached_property
    def in_shim(self) -> frozenset[str]:
        """Those that need the shim in the sandbox and in the programs that run there."""
        return frozenset(row.name for row in self.rows if row.lever is not Lever.NIX)

    @cached_property
    def likeliest(self) -> tuple[str, ...]:
        """Their names, the likeliest cause first."""
        return tuple(row.name for row in sorted(self.rows, key=lambda row: row.likely))

    @cached_property
    def telling(self) -> tuple[str, ...]:
        """Their names, from those that are causes of their own to those that follow others."""
        return tuple(row.name for row in sorted(self.rows, key=lambda row: row.telling))

    @cached_property
    def by_sign(self) -> dict[Sign, tuple[str, ...]]:
        """By what each sign speaks for, the likeliest first."""
        found: dict[Sign, list[tuple[int, str]]] = {sign: [] for sign in Sign}
        for row in self.rows:
            for sign, place in row.signs:
                found[sign].append((place, row.name))
        return {sign: tuple(name for _, name in sorted(some)) for sign, some in found.items()}

    @cached_property
    def reordering(self) -> frozenset[str]:
        """Those that put the same things into another order, as races do."""
        return self.that(lambda row: row.reorders)

    @cached_property
    def shifting(self) -> frozenset[str]:
        """Those that change the size of something in memory, and with it addresses behind."""
        return self.that(lambda row: row.shifts)

    @cached_property
    def side_by_side(self) -> frozenset[str]:
        """Those that make more run at once: a race may need it."""
        return self.that(lambda row: row.side_by_side)

    def that(self, holds: Callable[[Factor], bool]) -> frozenset[str]:
        """Return the names of the factors of which something holds."""
        return frozenset(row.name for row in self.rows if holds(row))
