"""What a lock of another tool pins, as far as harness takes it over: versions and their files.

Rules: those of PEP 751 on installing, no extra and the default groups being asked for; then only
releases of an index with a wheel for the target, since a lock of harness holds nothing else.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from packaging.pylock import Package, Pylock
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from harness.errors import InputError, IntegrityError
from harness.lock.core.wheels import applies, choose_wheel
from harness.project.core.others.requirements import Line
from harness.sources.core.listed import Listed, agree, known_hashes
from harness.sources.core.target import Target

_WITHOUT_PROJECT = (
    "the project itself is not a release of an index; leave it out of the lock: "
    "`uv export --no-emit-project`, or `pip lock` with its requirements in place of `.`"
)
_NOT_RELEASES = {
    "vcs": "comes from a repository and not from an index, so its files have no hash to lock",
    "directory": _WITHOUT_PROJECT,
    "archive": "comes from an address and not from an index, which harness does not lock",
}
"""Kinds of packages that PEP 751 knows and harness does not lock, each with what to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One version of a package, and each wheel that the other tool allows; None: any."""

    name: str
    version: str
    wheels: tuple[Listed, ...] | None


PinsOf = Callable[[Target], list[Pin]]
"""What a lock installs on a target."""


def read_pins(lock: Pylock, target: Target, where: str) -> list[Pin]:
    """Return what a PEP 751 lock installs on the target.

    Raises:
        InputError: the lock is for another Python or another system; or a package is not a release
            of an index, has no wheel for the target, or is listed twice.

    """
    _require_python(lock.requires_python, target, where)
    _require_environment(lock, target, where)
    pins: dict[str, Pin] = {}
    for index, package in enumerate(lock.packages):
        if not applies(package.marker, target, lock.default_groups or ()):
            continue
        at = f"{where}: packages[{index}]: {package.name}"
        _require_python(package.requires_python, target, at)
        name = canonicalize_name(package.name)
        if name in pins:
            raise InputError(f"{at}: listed twice for {target.architecture.system}")
        pins[name] = _pin(package, target, at)
    return list(pins.values())


def line_pins(lines: Iterable[Line], target: Target) -> list[Pin]:
    """Return what a requirements file that names one version of each package installs.

    Raises:
        InputError: it names two versions of one package for the target.

    """
    pins: dict[str, Pin] = {}
    for line in lines:
        if applies(Requirement(line.requirement).marker, target):
            pin = Pin(name=line.name, version=line.version, wheels=None)
            if pins.setdefault(pin.name, pin) != pin:
                at = f"{line.where}: {pin.name} {pin.version}"
                raise InputError(f"{at}: {pins[pin.name].version} stands above")
    return list(pins.values())


def _require_python(wanted: SpecifierSet | None, target: Target, at: str) -> None:
    if wanted and not wanted.contains(target.python, prereleases=True):
        raise InputError(f"{at}: requires-python: {wanted}, but the base has {target.python}")


def _require_environment(lock: Pylock, target: Target, where: str) -> None:
    environments = lock.environments or ()
    if environments and not any(applies(one, target) for one in environments):
        raise InputError(
            f"{where}: environments: {'; '.join(map(str, environments))}: none of them is "
            f"{target.architecture.system} with Python {target.python}; lock it for that with the "
            "tool that made it"
        )


def _pin(package: Package, target: Target, at: str) -> Pin:
    for kind, problem in _NOT_RELEASES.items():
        if getattr(package, kind):
            raise InputError(f"{at}: {problem}")
    if package.version is None:
        raise InputError(f"{at}: has no version, so no file of an index can be meant")
    if not package.wheels:
        raise InputError(
            f"{at} {package.version}: no wheel; building sdists is not supported yet: lock a "
            "version that has one"
        )
    wheels = tuple(
        Listed(file=one.filename, hashes=known_hashes(one.hashes), size=one.size)
        for one in package.wheels
    )
    if choose_wheel(wheels, target) is None:
        listed = ", ".join(wheel.file for wheel in wheels)
        raise InputError(
            f"{at} {package.version}: no wheel for {target.architecture.system}, Python "
            f"{target.python}; the lock lists {listed}"
        )
    return Pin(name=canonicalize_name(package.name), version=str(package.version), wheels=wheels)


def unmet(requirements: Iterable[str], pins: Iterable[Pin], target: Target) -> list[str]:
    """Return the requirements for the target that no pin satisfies."""
    versions = {pin.name: pin.version for pin in pins}

    def is_met(requirement: Requirement) -> bool:
        version = versions.get(canonicalize_name(requirement.name))
        return version is not None and requirement.specifier.contains(version, prereleases=True)

    wanted = [text for text in requirements if applies(Requirement(text).marker, target)]
    return [text for text in wanted if not is_met(Requirement(text))]


def allowed(pin: Pin, files: Sequence[Listed], target: Target) -> list[Listed]:
    """Return those of the index's files that the other lock names.

    Where the two have no kind of hash in common, the lock's are what the file is held against.

    Raises:
        IntegrityError: none of them fits the target.

    """
    if pin.wheels is None:
        return list(files)
    kept = [same for file in files if (same := _same(file, pin.wheels)) is not None]
    if choose_wheel(kept, target) is None:
        raise IntegrityError(
            f"{pin.name} {pin.version}: the package index has other files than the lock to take "
            f"over; {_compared(pin.wheels, files)}"
        )
    return kept


def _same(file: Listed, wheels: Iterable[Listed]) -> Listed | None:
    for wheel in wheels:
        agreed = agree(file.hashes, wheel.hashes)
        if agreed:
            return file
        if agreed is None and file.file == wheel.file and wheel.hashes:
            return replace(file, hashes=wheel.hashes)
    return None


def _compared(wheels: Iterable[Listed], files: Iterable[Listed]) -> str:
    """Name a file that both have, with both hashes; what the index has where there is none."""
    listed = {wheel.file: wheel for wheel in wheels}
    for file in files:
        if file.file in listed:
            return (
                f"{file.file}: {_told(listed[file.file])} in the lock, {_told(file)} in the index"
            )
    return f"that has {', '.join(file.file for file in files) or 'none'}"


def _told(file: Listed) -> str:
    return ", ".join(f"{name} {digest}" for name, digest in file.hashes.items()) or "no hash"
