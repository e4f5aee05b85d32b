from typing import Any

import pytest
from packaging.pylock import Pylock

from harness.core.pins import Pin, allowed, read_pins, unmet
from harness.core.target import ARCHITECTURES, Target
from harness.errors import InputError, IntegrityError
from tests.locks import file

_X86 = Target(architecture=ARCHITECTURES["x86_64-linux"], python="3.11.2", glibc=(2, 36))
_ARM = Target(architecture=ARCHITECTURES["aarch64-linux"], python="3.11.2", glibc=(2, 36))
_WHERE = "uv.toml"


def _package(name: str, version: str = "1", **more: Any) -> dict[str, Any]:
    wheel = file(f"{name}-{version}-py3-none-any.whl")
    listed = [{"url": f"https://index.invalid/{wheel.file}", "hashes": {"sha256": wheel.sha256}}]
    return {"name": name, "version": version, "wheels": listed, **more}


def _lock(*packages: dict[str, Any], **more: Any) -> Pylock:
    return Pylock.from_dict(
        {"lock-version": "1.0", "created-by": "uv", "packages": list(packages), **more}
    )


def test_takes_what_the_lock_installs_on_the_target() -> None:
    lock = _lock(
        _package("a"),
        _package("b", "1", marker="platform_machine == 'x86_64'"),
        _package("b", "2", marker="platform_machine == 'aarch64'"),
        _package("tests", marker="'test' in dependency_groups"),
        _package("extra", marker="'plot' in extras"),
        _package("main", marker="'main' in dependency_groups"),
        **{"default-groups": ["main"], "dependency-groups": ["main", "test"], "extras": ["plot"]},
    )
    assert [(pin.name, pin.version) for pin in read_pins(lock, _X86, _WHERE)] == [
        ("a", "1"),
        ("b", "1"),
        ("main", "1"),
    ]
    assert ("b", "2") in [(pin.name, pin.version) for pin in read_pins(lock, _ARM, _WHERE)]


def test_a_pin_knows_the_hashes_that_the_lock_allows() -> None:
    (pin,) = read_pins(_lock(_package("a")), _X86, _WHERE)
    listed = file("a-1-py3-none-any.whl")
    assert allowed(pin, [file("a-1-py2-none-any.whl"), listed]) == [listed]


def test_an_index_that_has_none_of_the_locked_files_breaks_integrity() -> None:
    (pin,) = read_pins(_lock(_package("a")), _X86, _WHERE)
    with pytest.raises(IntegrityError, match="a 1: the index has other files"):
        allowed(pin, [file("a-1-py2-none-any.whl")])


@pytest.mark.parametrize(
    ("package", "problem"),
    [
        ({"name": "a", "version": "1", "directory": {"path": "."}}, "not a release of an index"),
        ({"name": "a", "directory": {"path": "."}}, "not a release of an index"),
        (
            {"name": "a", "vcs": {"type": "git", "url": "x", "commit-id": "1"}},
            "not a release of an index",
        ),
        (
            {
                "name": "a",
                "version": "1",
                "sdist": {"name": "a-1.tar.gz", "url": "x", "hashes": {"sha256": "0"}},
            },
            "a 1: no wheel; building sdists is not supported yet",
        ),
    ],
)
def test_what_cannot_be_locked_by_hash_is_refused(package: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError) as error:
        read_pins(_lock(package), _X86, _WHERE)
    assert str(error.value).startswith("uv.toml: packages[0]: a")
    assert problem in str(error.value)


def test_two_versions_for_one_target_are_refused() -> None:
    with pytest.raises(InputError, match=r"packages\[1\]: a: listed twice for x86_64-linux"):
        read_pins(_lock(_package("a", "1"), _package("a", "2")), _X86, _WHERE)


def test_a_lock_for_another_python_is_refused() -> None:
    with pytest.raises(InputError, match=r"requires-python: >=3\.12, but the base has 3\.11\.2"):
        read_pins(_lock(**{"requires-python": ">=3.12"}), _X86, _WHERE)


def test_names_the_requirements_that_no_pin_satisfies() -> None:
    pins = [Pin(name="a-b", version="2.0rc1", sha256s=frozenset())]
    wanted = ["A_B>=1", "a-b<1", "c", "d; sys_platform == 'win32'"]
    assert unmet(wanted, pins, _X86) == ["a-b<1", "c"]
