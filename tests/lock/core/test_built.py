import tomllib
from dataclasses import replace

import pytest
import tomli_w

from harness.errors import InputError
from harness.lock.core.pylock import decode_lock, encode_lock
from harness.lock.core.values import LockedProject
from tests.locks import BUILDING, LOCK

_WHERE = "envs/serving/pylock.toml"
_SYSTEM = "x86_64-linux"


def _refusal(data: bytes) -> str:
    with pytest.raises(InputError) as caught:
        decode_lock(data, _WHERE)
    return str(caught.value)


def test_how_sdists_are_built_is_read_back() -> None:
    data = encode_lock(BUILDING)
    assert decode_lock(data, _WHERE) == BUILDING
    assert "sdist" in next(
        one for one in tomllib.loads(data.decode())["packages"] if one["name"] == "own"
    )


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (b'"maker-2-py3-none-any.whl",', b'"x",', "sdists.own.build[0]: 'x' is in no package"),
        (b'file = "own-1.tar.gz"', b'file = "x"', "sdists.own: 'x' is in no package"),
        (
            b'requires = [\n    "maker>1"',
            b'other = [\n    "maker>1"',
            "sdists.own.requires: missing",
        ),
        (b'path = "own-1.tar.gz"', b'path = "a/own-1.tar.gz"', "is not a file name"),
        (
            b'path = "own-1.tar.gz"\n',
            b'path = "own-1.tar.gz"\nname = "own-1.zip"\n',
            "'own-1.tar.gz' is not a file name",
        ),
    ],
)
def test_refuses_what_does_not_say_how_an_sdist_is_built(
    old: bytes, new: bytes, problem: str
) -> None:
    data = encode_lock(BUILDING)
    assert old in data
    assert problem in _refusal(data.replace(old, new, 1))


def test_refuses_an_sdist_without_its_hash() -> None:
    document = tomllib.loads(encode_lock(BUILDING).decode())
    (own,) = [one for one in document["packages"] if one["name"] == "own"]
    del own["sdist"]["hashes"]["sha256"]
    own["sdist"]["hashes"]["md5"] = "0" * 32
    assert "packages: own: own-1.tar.gz: no sha256" in _refusal(tomli_w.dumps(document).encode())


@pytest.mark.parametrize("version", [None, "1.5+g12ab"])
def test_ones_own_package_is_read_back(version: str | None) -> None:
    project = LockedProject(
        name="own-name", editable=version is None, version=version, compiler=version is not None
    )
    wheels = tuple(wheel.file for wheel in BUILDING.build[0].wheels)
    targets = {**BUILDING.targets, _SYSTEM: replace(BUILDING.targets[_SYSTEM], project=wheels)}
    lock = replace(BUILDING, targets=targets, project=project)
    assert decode_lock(encode_lock(lock), _WHERE) == lock


@pytest.mark.parametrize(
    ("project", "problem"),
    [
        ({"name": "Own"}, "project.name: 'Own' is not a normalised name"),
        ({"name": "../own"}, "project.name: '../own' is not a normalised name"),
        ({"name": "own", "version": "x"}, "project.version: 'x' is not a version"),
        ({"name": "own", "version": "9" * 5000}, "9' is not a version"),
        ({"name": "own", "editable": 1}, "project.editable: expected true or false"),
        ({"name": "own", "other": 1}, "project.other: unknown key"),
    ],
)
def test_refuses_what_names_no_package(project: dict[str, object], problem: str) -> None:
    document = tomllib.loads(encode_lock(LOCK).decode())
    document["tool"]["harness"]["project"] = project
    assert problem in _refusal(tomli_w.dumps(document).encode())


def test_refuses_to_build_ones_own_with_what_is_not_listed() -> None:
    document = tomllib.loads(encode_lock(LOCK).decode())
    document["tool"]["harness"]["targets"][_SYSTEM]["project"] = ["a-1-py3-none-any.whl"]
    said = _refusal(tomli_w.dumps(document).encode())
    assert f"{_SYSTEM}.project[0]: 'a-1-py3-none-any.whl' is in no package of build" in said
