"""What is locked stays locked: a file moves by being named, and by nothing that an index says.

For a version that the lock before holds, its own file is taken again, by hash. An index that has
another file under that name, or no longer lists it, is an error: only `--update` lets it go.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.errors import InputError, IntegrityError
from harness.lock.core.values import Lock, LockedTarget
from harness.lock.core.wheels import choose_wheel, require_wheel
from harness.sources.core.input import Input
from harness.sources.core.listed import SHA256, Listed
from harness.sources.core.locked_deb import LockedDeb
from harness.sources.core.target import Target

UNLIKE = "the lock has sha256 {0}, {2} has {1}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Files that may not become others: every one by name, and one version's by system."""

    files: Mapping[str, Input] = field(default_factory=dict)
    chosen: Mapping[tuple[str, str, str], Input] = field(default_factory=dict)


def held(previous: Lock | None, released: Iterable[str] = ()) -> Held:
    """Return the wheels that a lock holds, less those of the packages that may move."""
    free = set(released)
    packages = [one for one in previous.packages if one.name not in free] if previous else []
    targets = previous.targets.values() if previous else ()
    return Held(
        files={file.file: file for package in packages for file in package.files},
        chosen={
            (package.name, package.version, target.system): wheel
            for target in targets
            for package in packages
            for wheel in package.wheels
            if wheel.file in target.wheels
        },
    )


def choose(
    name: str, version: str, files: Sequence[Listed], target: Target, before: Held
) -> Listed:
    """Return the file to take: the one that is locked while it fits the target, else pip's choice.

    Raises:
        InputError: no wheel fits the target.
        IntegrityError: the index does not list the locked file.

    """
    locked = before.chosen.get((name, version, target.architecture.system))
    if locked is None or choose_wheel([locked], target) is None:
        return require_wheel(name, version, files, target)
    same = [file for file in files if file.hashes.get(SHA256) == locked.sha256]
    named = [file for file in files if file.file == locked.file]
    if not same and not named:
        listed = ", ".join(file.file for file in files) or "no other"
        raise IntegrityError(
            f"{locked.file}: the package index no longer lists the file that is locked (sha256 "
            f"{locked.sha256}); it lists {listed}; `harness lock --update {name}` lets it move"
        )
    return (same or named)[0]


def unmoved(name: str, file: Input, before: Held) -> Input:
    """Return the file as the lock before has it, or as it is where that knows none of the name.

    Raises:
        IntegrityError: it has another hash than before.

    """
    locked = before.files.get(file.file)
    if locked is None:
        return file
    if locked.sha256 != file.sha256:
        unlike = UNLIKE.format(locked.sha256, file.sha256, "the package index")
        raise IntegrityError(
            f"{file.file}: {unlike}: another file under the same name. Find out who changed it; "
            f"`harness lock --update {name}` takes what the index has"
        )
    return Input(file=locked.file, size=locked.size, sha256=locked.sha256, url=file.url)


def require_alike(file: Input, other: Input) -> None:
    """Require that two files of one name, for two targets, are one.

    Raises:
        IntegrityError: they are not.

    """
    if file.sha256 != other.sha256:
        raise IntegrityError(
            f"{file.file}: the package index has two files under this name, sha256 {file.sha256} "
            f"and {other.sha256}"
        )


def require_kept_debs(new: Iterable[LockedDeb], before: LockedTarget, *, may_move: bool) -> None:
    """Require that choosing a base anew left the files that are locked as they are.

    `may_move` says that other versions were asked for, as with another base or other suites.

    Raises:
        InputError: one would move to another version; names each.
        IntegrityError: one has the same name and version, and other bytes.

    """
    locked = {deb.package: deb for deb in (*before.debs, *before.tools, before.seed.deb)}
    moved = []
    for deb in new:
        old = locked.get(deb.package)
        if old is None or old.input.sha256 == deb.input.sha256:
            continue
        if old.version == deb.version:
            unlike = UNLIKE.format(old.input.sha256, deb.input.sha256, "the mirror's signed index")
            raise IntegrityError(
                f"{deb.input.file}: {unlike}: another file under the same name and version. Find "
                "out who changed it; `harness lock --update base` takes what the mirror has"
            )
        moved.append(f"{deb.package} {old.version} -> {deb.version}")
    if moved and not may_move:
        raise InputError(
            f"debian-packages has changed, and with it {', '.join(moved)} would move; "
            "`harness lock --update base` lets the base move"
        )
