from typing import Any

import pytest
from packaging.pylock import Pylock

from harness.errors import InputError, IntegrityError
from harness.host.core.architecture import ARCHITECTURES
from harness.lock.core.pins import Pin, allowed, line_pins, read_pins, unmet
from harness.project.core.others.requirements import read_requirements
from harness.sources.core.listed import Listed
from harness.sources.core.target import Target
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


def _listed(name: str, **hashes: str) -> Listed:
    return Listed(file=name, hashes=hashes or {"sha256": file(name).sha256})


def _pin(*wheels: Listed) -> Pin:
    return Pin(name="a", version="1", wheels=wheels)


_NAME = "a-1-py3-none-any.whl"


def test_takes_the_files_of_the_index_that_the_lock_lists() -> None:
    (pin,) = read_pins(_lock(_package("a")), _X86, _WHERE)
    listed = _listed(_NAME)
    assert allowed(pin, [_listed("a-1-py2-none-any.whl"), listed], _X86) == [listed]


def test_an_index_that_has_none_of_the_locked_files_breaks_integrity() -> None:
    (pin,) = read_pins(_lock(_package("a")), _X86, _WHERE)
    with pytest.raises(IntegrityError, match=r"a 1: .*other files .*that has a-1-py2-none-any"):
        allowed(pin, [_listed("a-1-py2-none-any.whl")], _X86)
    with pytest.raises(IntegrityError, match="that has none"):
        allowed(pin, [], _X86)


def test_a_file_that_became_another_is_named_with_both_hashes() -> None:
    pin = _pin(_listed(_NAME, sha512="5" * 128))
    with pytest.raises(IntegrityError, match=r"whl: sha512 5{128} in the lock, sha512 6{128} in"):
        allowed(pin, [_listed(_NAME, sha512="6" * 128)], _X86)


def test_a_hash_of_another_kind_is_what_the_file_will_be_held_against() -> None:
    (kept,) = allowed(_pin(_listed(_NAME, sha512="5" * 128)), [_listed(_NAME)], _X86)
    assert kept.hashes == {"sha512": "5" * 128}
    with pytest.raises(IntegrityError, match="no hash in the lock"):
        allowed(_pin(Listed(file=_NAME, hashes={})), [_listed(_NAME)], _X86)


def test_a_hash_may_be_written_in_capitals() -> None:
    package = _package("a")
    package["wheels"][0]["hashes"]["sha256"] = file(_NAME).sha256.upper()
    (pin,) = read_pins(_lock(package), _X86, _WHERE)
    assert allowed(pin, [_listed(_NAME)], _X86) == [_listed(_NAME)]


def test_a_lock_with_another_platform_s_wheels_only_is_the_wrong_one() -> None:
    wheel = {"url": "https://index.invalid/a-1-cp311-cp311-win_amd64.whl", "hashes": {"md5": "0"}}
    package = {"name": "a", "version": "1", "wheels": [wheel]}
    with pytest.raises(InputError, match=r"a 1: no wheel for x86_64-linux.*lists a-1-cp311-.*win"):
        read_pins(_lock(package), _X86, _WHERE)


def test_a_lock_for_other_environments_is_refused() -> None:
    lock = _lock(environments=["sys_platform == 'darwin'", "platform_machine == 'aarch64'"])
    with pytest.raises(InputError, match=r'^uv\.toml: environments: .*"darwin".*x86_64-linux with'):
        read_pins(lock, _X86, _WHERE)
    assert read_pins(lock, _ARM, _WHERE) == []


def test_a_package_for_another_python_is_refused_where_it_applies() -> None:
    newer = {"requires-python": ">=3.12"}
    with pytest.raises(InputError, match=r"packages\[0\]: a: requires-python: >=3\.12, but the"):
        read_pins(_lock(_package("a", **newer)), _X86, _WHERE)
    other = _package("a", **newer, marker="python_version >= '3.12'")
    assert read_pins(_lock(other), _X86, _WHERE) == []


@pytest.mark.parametrize(
    ("package", "problem"),
    [
        ({"name": "a", "version": "1", "directory": {"path": "."}}, "--no-emit-project"),
        ({"name": "a", "directory": {"path": "."}}, "--no-emit-project"),
        (
            {"name": "a", "vcs": {"type": "git", "url": "x", "commit-id": "1"}},
            "comes from a repository",
        ),
        (
            {
                "name": "a",
                "version": "1",
                "sdist": {"name": "a-1.tar.gz", "url": "x", "hashes": {"sha256": "0"}},
            },
            "a 1: no wheel; building sdists is not supported yet",
        ),
        (
            {"name": "a", "archive": {"url": "x", "hashes": {"sha256": "0"}}},
            "comes from an address",
        ),
        (
            {"name": "a", "wheels": [{"url": f"x/{_NAME}", "hashes": {"sha256": "0"}}]},
            "has no version",
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
    pins = [Pin(name="a-b", version="2.0rc1", wheels=())]
    wanted = ["A_B>=1", "a-b<1", "c", "d; sys_platform == 'win32'"]
    assert unmet(wanted, pins, _X86) == ["a-b<1", "c"]


def test_a_compiled_requirements_file_pins_what_is_meant_for_the_target() -> None:
    text = b"a==1\nB.c[x]==2; platform_machine == 'aarch64'\nb-c==3; platform_machine == 'x86_64'\n"
    lines = read_requirements(text, "r.txt").lines
    assert [(pin.name, pin.version, pin.wheels) for pin in line_pins(lines, _X86)] == [
        ("a", "1", None),
        ("b-c", "3", None),
    ]
    assert ("b-c", "2") in [(pin.name, pin.version) for pin in line_pins(lines, _ARM)]
    twice = read_requirements(b"a==1\na==2\n", "r.txt").lines
    with pytest.raises(InputError, match=r"^r\.txt:2: a 2: 1 stands above"):
        line_pins(twice, _X86)
    assert allowed(Pin(name="a", version="1", wheels=None), [_listed(_NAME)], _X86) == [
        _listed(_NAME)
    ]
