"""What a lock of another tool pins, as far as harness takes it over: versions and their hashes."""

from collections.abc import Iterable
from dataclasses import dataclass

from packaging.pylock import Pylock
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from harness.core.inputs import Input
from harness.core.target import Target
from harness.core.wheels import applies
from harness.errors import InputError, IntegrityError


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One version of a package, and the sha256 of each wheel that the other tool allows."""

    name: str
    version: str
    sha256s: frozenset[str]


def read_pins(lock: Pylock, target: Target, where: str) -> list[Pin]:
    """Return what a PEP 751 lock installs on the target.

    Raises:
        InputError: the lock is for another Python; or a package is no release of an index, has no
            wheel, or is listed twice.

    """
    wanted = lock.requires_python
    if wanted and not wanted.contains(target.python, prereleases=True):
        raise InputError(f"{where}: requires-python: {wanted}, but the base has {target.python}")
    pins: dict[str, Pin] = {}
    for index, package in enumerate(lock.packages):
        if not applies(package.marker, target, lock.default_groups or ()):
            continue
        at = f"{where}: packages[{index}]: {package.name}"
        if package.vcs or package.directory or package.archive or package.version is None:
            raise InputError(f"{at}: not a release of an index, so it cannot be locked by hash")
        if not package.wheels:
            raise InputError(
                f"{at} {package.version}: no wheel; building sdists is not supported yet"
            )
        name = canonicalize_name(package.name)
        if name in pins:
            raise InputError(f"{at}: listed twice for {target.architecture.system}")
        hashes = frozenset(wheel.hashes.get("sha256", "") for wheel in package.wheels)
        pins[name] = Pin(name=name, version=str(package.version), sha256s=hashes)
    return list(pins.values())


def unmet(requirements: Iterable[str], pins: Iterable[Pin], target: Target) -> list[str]:
    """Return the requirements for the target that no pin satisfies."""
    versions = {pin.name: pin.version for pin in pins}

    def is_met(requirement: Requirement) -> bool:
        version = versions.get(canonicalize_name(requirement.name))
        return version is not None and requirement.specifier.contains(version, prereleases=True)

    wanted = [text for text in requirements if applies(Requirement(text).marker, target)]
    return [text for text in wanted if not is_met(Requirement(text))]


def allowed(pin: Pin, files: Iterable[Input]) -> list[Input]:
    """Return those of the index's files that the other lock names.

    Raises:
        IntegrityError: none of them is.

    """
    kept = [file for file in files if file.sha256 in pin.sha256s]
    if not kept:
        raise IntegrityError(
            f"{pin.name} {pin.version}: the index has other files than the lock to take over"
        )
    return kept
