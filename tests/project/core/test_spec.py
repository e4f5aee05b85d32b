from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement

from harness.documents.decode import decode
from harness.documents.toml import parse_toml
from harness.errors import InputError
from harness.project.core.spec import EnvSpec, join, spec_sha256
from tests.damaged_documents import accepted_or_refused_at, damaged

_WHERE = "envs/serving/env.toml"
_KNOWN = "there are debian:bookworm 3.11, debian:trixie 3.13, debian:trixie+python3.12 3.12"
_SMALLEST: dict[str, Any] = {"python": "3.11", "base": "debian:bookworm", "dependencies": []}
_FULL: dict[str, Any] = {
    "python": "3.13",
    "base": "debian:trixie",
    "targets": ["x86_64-linux", "aarch64-linux"],
    "dependencies": ["Foo_Bar[extra] >= 1 ; python_version > '3'", "numpy"],
    "debian-packages": ["libgl1", "libegl1", "libgl1"],
    "suites": ["trixie"],
    "exclude-newer": "2026-11-20T00:00:00Z",
}


def _error(**changes: Any) -> str:
    with pytest.raises(InputError) as error:
        decode(
            EnvSpec,
            _SMALLEST | {key.replace("_", "-"): value for key, value in changes.items()},
            _WHERE,
        )
    return str(error.value)


def test_what_is_not_said_has_a_default() -> None:
    spec = decode(EnvSpec, _SMALLEST, _WHERE)
    assert spec.targets == ("x86_64-linux",)
    assert spec.suites == ("bookworm", "bookworm-updates", "bookworm-security")
    assert spec.debian_packages == ()
    assert spec.exclude_newer is None


def test_reads_every_key() -> None:
    spec = decode(EnvSpec, _FULL, _WHERE)
    assert spec.base.name == "debian:trixie"
    assert spec.dependencies == ('Foo_Bar[extra]>=1; python_version > "3"', "numpy")
    assert spec.debian_packages == ("libegl1", "libgl1")
    assert spec.suites == ("trixie",)
    assert spec.exclude_newer == "2026-11-20T00:00:00Z"


@pytest.mark.parametrize("key", ["python", "base", "dependencies"])
def test_a_required_key_is_missed_by_name(key: str) -> None:
    document = {name: value for name, value in _SMALLEST.items() if name != key}
    with pytest.raises(InputError, match=f"^{_WHERE}: {key}: missing"):
        decode(EnvSpec, document, _WHERE)


def test_an_unknown_base_is_told_which_there_are() -> None:
    assert "base: 'debian:buster': no such base; there are debian:bookworm" in _error(
        base="debian:buster"
    )


@pytest.mark.parametrize(
    ("python", "way_on"),
    [
        ("3.13", 'base = "debian:trixie" has it'),
        ("3.11.2", "write 3.11: the base decides about the rest"),
        ("3.12", 'base = "debian:trixie+python3.12" has it'),
        ("3.10", _KNOWN),
        ("", _KNOWN),
    ],
)
def test_a_python_that_the_base_lacks_is_told_what_has_it(python: str, way_on: str) -> None:
    found = f"{_WHERE}: python: debian:bookworm has Python 3.11, not {python!r}"
    assert _error(python=python) == f"{found}; {way_on}"


@pytest.mark.parametrize(
    ("requirement", "problem"),
    [
        ("numpy>", "not a PEP 508 requirement"),
        ("", "not a PEP 508 requirement"),
        ("--index-url x", "not a PEP 508 requirement"),
        ("pandas=>2", "; write >= or <="),
        ("pandas=2.2", "; write == for a version"),
        ("git+https://index.invalid/x.git", "; name a package of an index"),
        ("./a-1-py3-none-any.whl", "; name a package of an index"),
        ("a @ https://h.invalid/a-1-py3-none-any.whl", "write #sha256=HASH behind it; `harness"),
        ("a; os_name == 'x\n--option'", "not a PEP 508 requirement"),
        ("a; " + "(" * 5000 + "os_name == 'x'" + ")" * 5000, "its marker is nested too deeply"),
    ],
)
def test_a_requirement_that_cannot_be_locked_is_named(requirement: str, problem: str) -> None:
    message = _error(dependencies=["numpy", requirement])
    assert message.startswith(f"{_WHERE}: dependencies[1]: ")
    assert problem in message


@pytest.mark.parametrize("name", ["", "x", "Lib", "lib gl1", "-o", "libgl1=1.0", "lib\n"])
def test_a_debian_package_is_named_as_debian_names_it(name: str) -> None:
    assert "debian-packages[0]: " in _error(debian_packages=[name])


def test_targets_and_suites_are_known_ones_and_some() -> None:
    assert "targets[0]: 'riscv64-linux': none of x86_64-linux" in _error(targets=["riscv64-linux"])
    assert "targets: empty; name at least one" in _error(targets=[])
    assert "suites[1]: 'trixie': none of bookworm" in _error(suites=["bookworm", "trixie"])


@pytest.mark.parametrize(
    "time",
    ["2026-11-20", "2026-11-20T00:00:00", "2026-W01-1T00:00:00Z", "2026-13-20T00:00:00Z", "now"],
)
def test_a_time_is_whole_and_has_a_zone(time: str) -> None:
    assert f"exclude-newer: {time!r}: not a time like" in _error(exclude_newer=time)


def test_the_hash_follows_what_determines_the_lock_and_nothing_else() -> None:
    whole = spec_sha256(decode(EnvSpec, _FULL, _WHERE))
    others = {"collisions": {"bin/x": "x"}, "checks": {"imports": ["x"]}, "image": {}}
    assert spec_sha256(decode(EnvSpec, _FULL | others, _WHERE)) == whole
    reordered = _FULL | {
        "dependencies": _FULL["dependencies"][::-1],
        "targets": _FULL["targets"][::-1],
    }
    assert spec_sha256(decode(EnvSpec, reordered, _WHERE)) == whole
    for key in ("targets", "dependencies", "debian-packages", "exclude-newer", "suites"):
        fewer = {name: value for name, value in _FULL.items() if name != key}
        changed = fewer | ({"dependencies": []} if key == "dependencies" else {})
        assert spec_sha256(decode(EnvSpec, changed, _WHERE)) != whole, key


@given(document=damaged(_FULL))
def test_any_damaged_document_is_a_spec_or_refused_with_its_place(document: dict[str, Any]) -> None:
    with accepted_or_refused_at(f"{_WHERE}: "):
        decode(EnvSpec, document, _WHERE)


@given(data=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_spec_or_refused_with_their_place(data: bytes) -> None:
    with accepted_or_refused_at(f"{_WHERE}: "):
        decode(EnvSpec, parse_toml(data, _WHERE), _WHERE)


@pytest.mark.parametrize(
    ("declared", "added", "joined"),
    [
        ("pandas==2.2.3", "pandas", "pandas==2.2.3"),
        ("pandas==2.2.3", "Pandas[plot]", "pandas[plot]==2.2.3"),
        ("pandas[plot]<3", "pandas[sql]>=2", "pandas[plot,sql]>=2"),
        ("pandas; os_name == 'nt'", "pandas>1; os_name == 'nt'", 'pandas>1; os_name == "nt"'),
    ],
)
def test_a_requirement_that_says_less_takes_nothing_back(
    declared: str, added: str, joined: str
) -> None:
    assert str(join(Requirement(declared), Requirement(added))) == joined
