"""Compare two locks: packages added, removed, moved to another version, or with other files."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from harness.diff.core.report import ADDED, REMOVED, Item
from harness.lock.core.values import Lock, LockedTarget
from harness.sources.core.input import Input
from harness.sources.core.locked_deb import LockedDeb

_MOVED, _REHASHED = "moved", "rehashed"
_ORDER = (_MOVED, _REHASHED, ADDED, REMOVED)


def compare_locks(first: Lock, second: Lock) -> list[Item]:
    """Return what differs: settings, then what moved, packages before the base, by name.

    That env.toml has changed is last, for its hash tells nobody anything.
    """
    items = [*_packages(first, second), *_targets(first, second), *_settings(first, second)]
    items.sort(key=lambda one: _ORDER.index(one.field) if one.field in _ORDER else -1)
    return [*items, *_asked(first, second)]


def summary(items: Sequence[Item]) -> str:
    """Return how much of each there is."""
    counts = Counter(one.field if one.field in _ORDER else "other" for one in items)
    named = (f"{counts[field]} {field}" for field in (*_ORDER, "other") if counts[field])
    return ", ".join(named)


def _packages(first: Lock, second: Lock) -> Iterator[Item]:
    ours, theirs = _versions(first), _versions(second)
    for name in sorted(ours.keys() | theirs.keys()):
        one, other = ours.get(name, {}), theirs.get(name, {})
        if one.keys() != other.keys():
            yield _moved(f"package {name}", ", ".join(one), ", ".join(other))
            continue
        for version, files in one.items():
            yield from _files(f"package {name} {version}", files, other[version])


def _versions(lock: Lock) -> dict[str, dict[str, dict[str, Input]]]:
    found: dict[str, dict[str, dict[str, Input]]] = {}
    for package in lock.packages:
        files = {wheel.file: wheel for wheel in package.files}
        found.setdefault(package.name, {})[package.version] = files
    return found


def _moved(subject: str, first: str, second: str) -> Item:
    field = _MOVED if first and second else REMOVED if first else ADDED
    return Item(subject=subject, field=field, first=first, second=second)


def _files(subject: str, first: Mapping[str, Input], second: Mapping[str, Input]) -> Iterator[Item]:
    for file in sorted(first.keys() | second.keys()):
        one, other = first.get(file), second.get(file)
        if one is None or other is None:
            yield _moved(f"{subject}, file", file if one else "", file if other else "")
        elif one.sha256 != other.sha256:
            yield Item(subject=subject, field=_REHASHED, first=one.sha256, second=other.sha256)


def _targets(first: Lock, second: Lock) -> Iterator[Item]:
    for system in sorted(first.targets.keys() | second.targets.keys()):
        one, other = first.targets.get(system), second.targets.get(system)
        if one is None or other is None:
            yield _moved("target", system if one else "", system if other else "")
        else:
            yield from _target(system, one, other)


def _target(system: str, first: LockedTarget, second: LockedTarget) -> Iterator[Item]:
    for field in ("python", "glibc"):
        ours, theirs = getattr(first, field), getattr(second, field)
        if ours != theirs:
            yield Item(subject=system, field=field, first=str(ours), second=str(theirs))
    yield from _files(f"{system}, interpreter", _interpreter(first), _interpreter(second))
    ours, theirs = _debs(first), _debs(second)
    for name in sorted(ours.keys() | theirs.keys()):
        one, other = ours.get(name), theirs.get(name)
        if one and other and one.version == other.version:
            if one.input.sha256 != other.input.sha256:
                hashes = (one.input.sha256, other.input.sha256)
                yield Item(
                    subject=f"deb {name}", field=_REHASHED, first=hashes[0], second=hashes[1]
                )
        else:
            versions = one.version if one else "", other.version if other else ""
            yield _moved(f"deb {name}", *versions)


def _interpreter(target: LockedTarget) -> dict[str, Input]:
    one = target.interpreter
    return {one.input.file: one.input} if one else {}


def _debs(target: LockedTarget) -> dict[str, LockedDeb]:
    return {deb.package: deb for deb in (*target.debs, *target.tools, target.seed.deb)}


def _settings(first: Lock, second: Lock) -> Iterator[Item]:
    for field in ("base", "suites", "debian_packages", "requires_python"):
        ours, theirs = getattr(first, field), getattr(second, field)
        if ours != theirs:
            yield Item(subject="lock", field=field, first=str(ours), second=str(theirs))
    if first.installer.sha256 != second.installer.sha256:
        yield _moved("installer", first.installer.file, second.installer.file)


def _asked(first: Lock, second: Lock) -> Iterator[Item]:
    if first.spec_sha256 != second.spec_sha256:
        yield Item(
            subject="env.toml", field="hash", first=first.spec_sha256, second=second.spec_sha256
        )
