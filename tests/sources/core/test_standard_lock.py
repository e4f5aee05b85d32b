from typing import Any

import pytest

from harness.errors import InputError
from harness.sources.core.standard_lock import (
    VERSION,
    listed_wheels,
    newer_version,
    read_standard,
    wheel_inputs,
)

_WHEEL = {
    "name": "a_b-1-py3-none-any.whl",
    "url": "https://index.invalid/a_b-1-py3-none-any.whl",
    "size": 7,
    "hashes": {"sha256": "0" * 64},
}


def _lock(*packages: dict[str, Any], version: str = VERSION) -> dict[str, Any]:
    return {"lock-version": version, "created-by": "x", "packages": list(packages)}


def _package(**wheel: object) -> dict[str, Any]:
    return {"name": "a-b", "version": "1", "wheels": [{**_WHEEL, **wheel}]}


@pytest.mark.parametrize(
    ("version", "newer"),
    [
        ("1.0", None),
        ("1.1", "1.1"),
        ("1.999", "1.999"),
        ("2.0", None),
        ("1.1.1", None),
        (1.1, None),
    ],
)
def test_only_another_minor_version_is_newer_and_read_as_this_one(
    version: object, newer: str | None
) -> None:
    assert newer_version({"lock-version": version}) == newer


def test_a_newer_minor_version_is_read_without_what_it_adds() -> None:
    document = {**_lock(_package(), version="1.7"), "added-by-1.7": True}
    standard = read_standard(document, "x")
    assert [package.name for package in standard.packages] == ["a-b"]


@pytest.mark.parametrize("document", [{}, _lock(version="2.0"), {**_lock(), "packages": 3}])
def test_what_is_no_lock_by_the_standard_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"^x: not a lock as PEP 751 has it: "):
        read_standard(document, "x")


def test_wheels_come_with_their_size_and_hash() -> None:
    ((name, version, (wheel,)),) = wheel_inputs(read_standard(_lock(_package()), "x"), "x")
    assert (name, version) == ("a-b", "1")
    assert (wheel.file, wheel.size, wheel.sha256) == (_WHEEL["name"], 7, "0" * 64)
    assert wheel.url == _WHEEL["url"]


def test_a_package_without_wheels_has_none() -> None:
    package = {"name": "a", "version": "1", "directory": {"path": "."}}
    assert list(listed_wheels(read_standard(_lock(package), "x"), "x")) == [("a", "1", [])]


@pytest.mark.parametrize(
    ("package", "said"),
    [
        ({"name": "a", "directory": {"path": "."}}, r"x: packages\[0\]: a has no version"),
        (
            _package(path="../a_b-1-py3-none-any.whl"),
            r"x: packages\[0\]\.wheels\[0\]\.path: '\.\./a_b.* is not a file name",
        ),
        (_package(size=None), r"x: packages\[0\]\.wheels\[0\]: "),
        (_package(hashes={"sha256": "F" * 64}), r"x: packages\[0\]\.wheels\[0\]: "),
        (_package(hashes={"md5": "0" * 32}), r"x: packages\[0\]\.wheels\[0\]: "),
    ],
)
def test_what_cannot_be_taken_over_is_named_by_its_place(
    package: dict[str, Any], said: str
) -> None:
    for wheel in package.get("wheels", ()):
        if wheel.get("size", 0) is None:
            del wheel["size"]
    with pytest.raises(InputError, match=said):
        list(wheel_inputs(read_standard(_lock(package), "x"), "x"))


def test_a_path_beside_the_lock_is_a_bare_file_name() -> None:
    for path in ("a_b-1-py3-none-any.whl", "./a_b-1-py3-none-any.whl"):
        assert list(wheel_inputs(read_standard(_lock(_package(path=path)), "x"), "x"))
