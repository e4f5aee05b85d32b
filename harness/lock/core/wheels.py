"""Which wheel a target installs: the choice that pip and uv make, by packaging's tags and markers.

The order is pip's: the first compatible tag decides, then the build number (PEP 427, PEP 425).
Where uv chooses otherwise (a bare `linux_x86_64`, which public indexes refuse, beside a manylinux
file), pip's choice stands.
"""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Protocol, TypeVar

from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from harness.errors import InputError
from harness.sources.core.target import Target


class Named(Protocol):
    """Anything that has the name of a file."""

    @property
    def file(self) -> str:
        """The bare name."""


File = TypeVar("File", bound=Named)

_LEGACY_ALIASES = {(2, 17): "manylinux2014", (2, 12): "manylinux2010", (2, 5): "manylinux1"}
_OLDEST_GLIBC = {"x86_64": (2, 5), "aarch64": (2, 17)}
"""The oldest C library that the manylinux policies of an architecture know."""


def choose_wheel(files: Iterable[File], target: Target) -> File | None:
    """Return the file that pip would install, or None where no wheel fits the target.

    Files that are not wheels by name are passed over, as pip does.
    """
    ranks = _ranks(target)
    best: tuple[int, tuple[int, str]] | None = None
    chosen = None
    for file in files:
        try:
            _, _, build, tags = parse_wheel_filename(file.file)
        except InvalidWheelFilename:
            continue
        fitting = [ranks[tag] for tag in tags if tag in ranks]
        if not fitting:
            continue
        key = (-min(fitting), build or (-1, ""))
        if best is None or key > best:
            best, chosen = key, file
    return chosen


@cache
def _ranks(target: Target) -> dict[Tag, int]:
    ranks: dict[Tag, int] = {}
    for rank, tag in enumerate(supported_tags(target)):
        ranks.setdefault(tag, rank)
    return ranks


def supported_tags(target: Target) -> Iterator[Tag]:
    """Yield what the target's interpreter would list by `pip debug`, best first."""
    major, minor = (int(part) for part in target.python.split(".")[:2])
    platforms = list(_platforms(target))
    interpreter = f"cp{major}{minor}"
    yield from cpython_tags((major, minor), [interpreter], platforms)
    yield from compatible_tags((major, minor), interpreter, platforms)


def _platforms(target: Target) -> Iterator[str]:
    machine = target.architecture.machine
    yield f"linux_{machine}"
    for minor in range(target.glibc[1], _OLDEST_GLIBC[machine][1] - 1, -1):
        yield f"manylinux_2_{minor}_{machine}"
        if alias := _LEGACY_ALIASES.get((2, minor)):
            yield f"{alias}_{machine}"


def marker_environment(target: Target) -> dict[str, str]:
    """Return PEP 508's marker variables on the target.

    The kernel's are empty, for no build may depend on which kernel it runs.
    """
    return {
        "implementation_name": "cpython",
        "implementation_version": target.python,
        "os_name": "posix",
        "platform_machine": target.architecture.machine,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": target.python,
        "python_version": ".".join(target.python.split(".")[:2]),
        "sys_platform": "linux",
    }


def applies(marker: Marker | None, target: Target, groups: Iterable[str] = ()) -> bool:
    """Return whether a requirement, or a lock's package, with this marker is for the target.

    No extra is asked for; `groups` are the dependency groups that are (PEP 751).

    Raises:
        InputError: the marker compares what cannot be compared.

    """
    if marker is None:
        return True
    chosen: dict[str, str | AbstractSet[str]] = {
        "extra": "",
        "extras": frozenset(),
        "dependency_groups": frozenset(groups),
    }
    try:
        return marker.evaluate({**marker_environment(target), **chosen}, context="lock_file")
    except (UndefinedComparison, UndefinedEnvironmentName, RecursionError) as error:
        raise InputError(f"the marker {str(marker)[:200]!r} has no meaning: {error}") from error


def require_wheel(name: str, version: str, files: Iterable[File], target: Target) -> File:
    """Return the chosen wheel.

    Raises:
        InputError: the package has no wheel for the target.

    """
    chosen = choose_wheel(files, target)
    if chosen is None:
        raise InputError(
            f"{name} {version}: no wheel for {target.architecture.system}, Python {target.python}, "
            f"glibc {target.glibc[0]}.{target.glibc[1]}; require another "
            "version of it, or name it in `sdists` of env.toml, and it is built"
        )
    return chosen
