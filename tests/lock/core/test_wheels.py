import platform

import pytest
from packaging.markers import Marker, default_environment
from packaging.tags import sys_tags

from harness.errors import InputError
from harness.host.core.architecture import ARCHITECTURES
from harness.lock.core.wheels import (
    applies,
    choose_wheel,
    marker_environment,
    require_wheel,
    supported_tags,
)
from harness.sources.core.target import Target
from tests.locks import file

_BOOKWORM = Target(architecture=ARCHITECTURES["x86_64-linux"], python="3.11.2", glibc=(2, 36))
_TRIXIE = Target(architecture=ARCHITECTURES["aarch64-linux"], python="3.13.5", glibc=(2, 41))


@pytest.fixture(name="here")
def _here() -> Target:
    """Return the interpreter that runs the tests, as a target."""
    major, minor = platform.libc_ver()[1].split(".")[:2]
    machine = platform.machine()
    return Target(
        architecture=next(one for one in ARCHITECTURES.values() if one.machine == machine),
        python=platform.python_version(),
        glibc=(int(major), int(minor)),
    )


def test_tags_are_those_of_the_interpreter_in_the_same_order(here: Target) -> None:
    assert list(supported_tags(here)) == list(sys_tags())


def test_markers_are_those_of_the_interpreter_except_the_kernel_s(here: Target) -> None:
    of_the_kernel = {"platform_release": "", "platform_version": ""}
    assert marker_environment(here) == {**default_environment(), **of_the_kernel}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(
            ["a-1-cp311-abi3-manylinux_2_17_x86_64", "a-1-cp311-cp311-manylinux_2_5_x86_64"],
            "a-1-cp311-cp311-manylinux_2_5_x86_64",
            id="the interpreter's own ABI before the stable one",
        ),
        pytest.param(
            ["a-1-cp39-abi3-manylinux_2_28_x86_64", "a-1-cp310-abi3-manylinux_2_17_x86_64"],
            "a-1-cp310-abi3-manylinux_2_17_x86_64",
            id="the newest stable ABI",
        ),
        pytest.param(
            [
                "a-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64",
                "a-1-cp311-cp311-manylinux_2_28_x86_64",
                "a-1-cp311-cp311-manylinux_2_37_x86_64",
            ],
            "a-1-cp311-cp311-manylinux_2_28_x86_64",
            id="the newest C library that the target has",
        ),
        pytest.param(
            ["a-1-cp311-cp311-manylinux2014_x86_64", "a-1-cp311-cp311-manylinux_2_17_x86_64"],
            "a-1-cp311-cp311-manylinux_2_17_x86_64",
            id="a version before its old name",
        ),
        pytest.param(
            ["a-1-cp311-cp311-manylinux_2_36_x86_64", "a-1-cp311-cp311-linux_x86_64"],
            "a-1-cp311-cp311-linux_x86_64",
            id="a wheel made for this very machine first",
        ),
        pytest.param(
            ["a-1-1-py3-none-any", "a-1-10-py3-none-any", "a-1-2-py3-none-any", "a-1-py3-none-any"],
            "a-1-10-py3-none-any",
            id="the highest build number, as a number",
        ),
        pytest.param(
            ["a-1-9-py3-none-any", "a-1-cp311-cp311-linux_x86_64"],
            "a-1-cp311-cp311-linux_x86_64",
            id="tags before build numbers",
        ),
        pytest.param(
            ["a-1-py2.py3-none-any", "a-1-py311-none-any"], "a-1-py311-none-any", id="newest Python"
        ),
        pytest.param(
            ["a-1-cp311-cp311-musllinux_1_2_x86_64", "a-1-cp311-cp311-manylinux_2_17_aarch64"],
            None,
            id="neither another C library nor another machine",
        ),
        pytest.param(
            ["a-1-cp312-abi3-any", "a-1-cp312-cp312-manylinux_2_17_x86_64"], None, id="3.12"
        ),
        pytest.param([], None, id="no file"),
    ],
)
def test_chooses(names: list[str], expected: str | None) -> None:
    for order in (names, names[::-1]):
        chosen = choose_wheel([file(f"{name}.whl") for name in order], _BOOKWORM)
        assert (chosen and chosen.file) == (expected and f"{expected}.whl")


def test_another_target_chooses_another_file() -> None:
    files = [
        file(f"a-1-cp313-cp313-manylinux_2_41_{machine}.whl") for machine in ("x86_64", "aarch64")
    ]
    assert choose_wheel(files, _TRIXIE) == files[1]


def test_passes_over_what_is_no_wheel_by_its_name() -> None:
    wheel = file("a-1-py3-none-any.whl")
    assert choose_wheel([file("a-1.tar.gz"), file("a.whl"), wheel], _BOOKWORM) == wheel


def test_the_package_without_a_wheel_is_named_with_its_target() -> None:
    wheel = file("a-1-cp312-cp312-manylinux_2_17_x86_64.whl")
    with pytest.raises(
        InputError, match=r"^a 1: no wheel for x86_64-linux, Python 3\.11\.2, glibc 2"
    ):
        require_wheel("a", "1", [wheel], _BOOKWORM)


def test_the_required_wheel_is_the_chosen_one() -> None:
    wheel = file("a-1-py3-none-any.whl")
    assert require_wheel("a", "1", [wheel], _BOOKWORM) == wheel


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        ("python_version < '3.12' and sys_platform == 'linux'", True),
        ("platform_machine == 'arm64'", False),
        ("extra == 'test'", False),
        ("'test' in extras", False),
        ("'dev' in dependency_groups", True),
        ("'docs' in dependency_groups", False),
    ],
)
def test_a_marker_is_evaluated_for_the_target(marker: str, *, expected: bool) -> None:
    assert applies(Marker(marker), _BOOKWORM, ["dev"]) is expected


def test_what_has_no_marker_is_for_every_target() -> None:
    assert applies(None, _TRIXIE)


def test_a_marker_that_compares_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(InputError, match="has no meaning"):
        applies(Marker("python_version ~= 'abc'"), _BOOKWORM)
