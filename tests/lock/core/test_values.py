from dataclasses import replace

from harness.lock.core.values import LockedSdist, Package
from tests.locks import file, target


def test_the_files_of_a_target_are_its_wheels_and_the_sdists_that_it_builds() -> None:
    sdist = LockedSdist(name="own", file="own-1.tar.gz", requires=(), build=())
    made = replace(target("x86_64-linux", ("a-1-py3-none-any.whl",)), sdists=(sdist,))
    assert made.files == {"a-1-py3-none-any.whl", "own-1.tar.gz"}


def test_the_files_of_a_package_are_its_wheels_or_its_sdist() -> None:
    wheel, sdist = file("own-1-py3-none-any.whl"), file("own-1.tar.gz")
    assert Package(name="own", version="1", wheels=(wheel,)).files == (wheel,)
    assert Package(name="own", version="1", wheels=(), sdist=sdist).files == (sdist,)
