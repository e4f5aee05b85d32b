from dataclasses import replace

import pytest

from harness.lock.core.values import Lock, Package
from harness.lock.core.weight import Large, Weight, cuda, weigh
from tests.locks import LOCK, file, target

_COMES = "comes as a build for CUDA"
_INDEX = "an index of CPU builds, named in [[indexes]], serves torch without it"
_ELSE = "whatever requires them may have an extra or a build without it"
_SYSTEM = "x86_64-linux"


def _lock(*packages_of: tuple[str, str, int]) -> Lock:
    """Return a lock of packages by name and version, with wheels of these sizes."""
    packages = []
    for name, version, size in packages_of:
        wheel = replace(file(f"{name.replace('-', '_')}-{version}-py3-none-any.whl"), size=size)
        packages.append(Package(name=name, version=version, wheels=(wheel,)))
    chosen = target(_SYSTEM, tuple(one.wheels[0].file for one in packages))
    return replace(LOCK, packages=tuple(packages), targets={_SYSTEM: chosen})


def test_what_is_new_and_what_of_it_is_large_is_weighed() -> None:
    before, after = (
        _lock(("a", "1", 3), ("b", "1", 60_000_000)),
        _lock(("a", "2", 4), ("b", "1", 60_000_000), ("c", "1", 50_000_000)),
    )
    assert weigh(after, before, _SYSTEM) == Weight(
        size=110_000_004,
        new=50_000_004,
        large=(Large(name="c", version="1", size=50_000_000),),
    )
    assert [one.name for one in weigh(after, None, _SYSTEM).large] == ["b", "c"]
    assert weigh(after, after, _SYSTEM) == Weight(size=110_000_004, new=0, large=())


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (
            _lock(
                ("torch", "2", 800_000_000),
                ("nvidia-cublas", "13", 400_000_000),
                ("cuda-toolkit", "13", 1_000),
            ),
            f"torch 2 comes as a build for CUDA: 2 packages, 400 MB, for that alone; {_INDEX}",
        ),
        (
            _lock(("torch", "2.5+cu121", 800_000_000)),
            f"torch 2.5+cu121 {_COMES}: 1 package, 800 MB, for that alone; {_INDEX}",
        ),
        (
            _lock(("mine", "1", 1), ("nvidia-a", "1", 2_000_000), ("nvidia-b", "1", 3_000_000)),
            f"nvidia-b 1 comes as a build for CUDA: 2 packages, 5 MB, for that alone; {_ELSE}",
        ),
    ],
)
def test_a_build_for_cuda_is_told_once_with_what_to_do_instead(after: Lock, said: str) -> None:
    assert [one.text for one in cuda(after, _lock(("a", "1", 1)))] == [said]
    assert [*cuda(after, after)] == []


def test_what_came_before_is_not_told_again_with_what_is_new() -> None:
    torch = (("torch", "2", 1), ("nvidia-a", "1", 9_000_000))
    after = _lock(*torch, ("xgboost", "3", 1), ("nvidia-b", "1", 3_000_000))
    (told,) = (one.text for one in cuda(after, _lock(*torch)))
    assert told.startswith("xgboost 3 comes as a build for CUDA: 1 package, 3 MB, ")


def test_builds_for_processors_are_no_news() -> None:
    assert [
        *cuda(_lock(("torch", "2.5+cpu", 1), ("numpy", "2", 1), ("a", "1+custom", 1)), None)
    ] == []
