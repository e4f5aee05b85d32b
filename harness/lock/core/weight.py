"""What an environment costs to download: in all, what is new, and what is there for CUDA alone."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from packaging.version import Version

from harness.lock.core.values import Lock
from harness.render.quantity import plural
from harness.sources.core.notice import Kind, Notice

_LARGE = 50_000_000
"""Bytes from which on a package is worth a word."""
_FOR_CUDA = re.compile(r"(nvidia|cuda)-.+")
_CUDA_BUILD = re.compile(r"cu\d{2,4}(\..*)?")
_INDEX = "an index of CPU builds, named in [[indexes]], serves {0} without it"
_INSTEAD = {
    "torch": _INDEX.format("torch"),
    "torchvision": _INDEX.format("torchvision"),
    "torchaudio": _INDEX.format("torchaudio"),
    "xgboost": "xgboost-cpu is the same without it",
    "tensorflow": "tensorflow without the extra and-cuda is the same without it",
    "jax": "jax without the extra for CUDA is the same without it",
    "onnxruntime-gpu": "onnxruntime is the same without it",
}
"""What to take where there is no GPU, by the package that usually brings a build for CUDA."""
_ELSE = "whatever requires them may have an extra or a build without it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Large:
    """A package by name and version, and how many bytes its wheel has."""

    name: str
    version: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """Bytes of all wheels of a system and of those that are new; new ones that are large, first."""

    size: int
    new: int
    large: tuple[Large, ...]


def weigh(lock: Lock, previous: Lock | None, system: str) -> Weight:
    """Return what the wheels of a system weigh, and what of that the lock before did not have."""
    wheels = _wheels(lock, system)
    known = _known(previous)
    new = {one: size for one, size in wheels.items() if one not in known}
    large = [
        Large(name=name, version=version, size=size)
        for (name, version, _), size in new.items()
        if size >= _LARGE
    ]
    return Weight(
        size=sum(wheels.values()),
        new=sum(new.values()),
        large=tuple(sorted(large, key=lambda one: (-one.size, one.name))),
    )


def cuda(lock: Lock, previous: Lock | None) -> Iterator[Notice]:
    """Yield what newly comes for CUDA, with its size on the first system that it is for."""
    known = _known(previous)
    for system in lock.targets:
        wheels = _wheels(lock, system)
        new = {key: size for key, size in wheels.items() if key not in known}
        found = {key: size for key, size in new.items() if _is_for_cuda(*key[:2])}
        if found:
            brings = _brings(new) or _brings(wheels) or [_largest(found)]
            subject = ", ".join(" ".join(one) for one in brings)
            instead = "; ".join(dict.fromkeys(_INSTEAD.get(name, _ELSE) for name, _ in brings))
            count = plural(len(found), "package")
            size = f"{sum(found.values()) / 1e6:.0f} MB"
            yield Notice(
                kind=Kind.CUDA,
                subject=subject,
                detail=f"{count}, {size}, for that alone; {instead}",
            )
            return


def _brings(wheels: Iterable[tuple[str, str, str]]) -> list[tuple[str, str]]:
    """Return the packages, by name and version, that usually bring a build for CUDA."""
    return [(name, version) for name, version, _ in wheels if name in _INSTEAD]


def _largest(found: Mapping[tuple[str, str, str], int]) -> tuple[str, str]:
    name, version, _ = max(found, key=lambda one: found[one])
    return name, version


def _is_for_cuda(name: str, version: str) -> bool:
    local = Version(version).local
    return bool(_FOR_CUDA.fullmatch(name) or (local and _CUDA_BUILD.fullmatch(local)))


def _wheels(lock: Lock, system: str) -> dict[tuple[str, str, str], int]:
    """Return the sizes of a system's wheels by name, version and sha256."""
    chosen = lock.targets[system].files
    return {
        (one.name, one.version, wheel.sha256): wheel.size
        for one in lock.packages
        for wheel in one.files
        if wheel.file in chosen
    }


def _known(previous: Lock | None) -> set[tuple[str, str, str]]:
    packages = previous.packages if previous else ()
    return {(one.name, one.version, wheel.sha256) for one in packages for wheel in one.files}
