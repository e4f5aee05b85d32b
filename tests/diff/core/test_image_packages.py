"""The packages of images, as their dist-info directories and dpkg's database name them."""

from hypothesis import given
from hypothesis import strategies as st

from harness.diff.core.image_packages import (
    Move,
    compare_packages,
    is_status,
    locked_packages,
    package_level,
    packages,
)
from tests.locks import LOCK

_SITE = "opt/serving/lib/python3.11/site-packages"
_STATUS = """Package: bash
Status: install ok installed
Version: 5.2.15-2+b7
Description: GNU shell
 Version: not this one

Package: gone
Status: deinstall ok config-files
Version: 1
"""


def test_packages_are_named_by_their_metadata_and_by_dpkg() -> None:
    paths = [
        f"{_SITE}/Scikit_Learn-1.5.0.dist-info/METADATA",
        f"{_SITE}/Scikit_Learn-1.5.0.dist-info/RECORD",
        "usr/lib/python3/dist-packages/distlib-0.3.6-py3.11.egg-info/PKG-INFO",
        "usr/lib/python3/dist-packages/six-1.16.0.egg-info",
    ]

    assert packages(paths, [_STATUS]) == {
        ("debian", "bash"): "5.2.15-2+b7",
        ("python", "distlib"): "0.3.6",
        ("python", "scikit-learn"): "1.5.0",
        ("python", "six"): "1.16.0",
    }


def test_several_versions_of_one_package_are_all_told() -> None:
    paths = [f"{place}/pip-{version}.dist-info/METADATA" for place, version in ("a2", "b1")]

    assert packages(paths, []) == {("python", "pip"): "1, 2"}


def test_distroless_images_have_a_file_a_package_and_no_status() -> None:
    assert packages([], ["Package: tzdata\nVersion: 2024a"]) == {("debian", "tzdata"): "2024a"}
    assert packages([], ["Package: odd"]) == {("debian", "odd"): "?"}


def test_which_files_are_dpkgs_database() -> None:
    assert is_status("var/lib/dpkg/status")
    assert is_status("var/lib/dpkg/status.d/tzdata")
    assert not is_status("var/lib/dpkg/status.d/tzdata.md5sums")
    assert not is_status("srv/var/lib/dpkg/status")


def test_packages_come_go_and_move() -> None:
    first = {("debian", "bash"): "1", ("python", "a"): "1", ("python", "b"): "1"}
    second = {("python", "b"): "2", ("python", "c"): "3"}

    moves = compare_packages(first, second)

    assert [(one.name, one.first, one.second) for one in moves] == [
        ("b", "1", "2"),
        ("bash", "1", ""),
        ("a", "1", ""),
        ("c", "", "3"),
    ]
    level = package_level(first, second)
    assert level is not None
    assert (level.items[0].subject, level.items[0].field) == ("python b", "moved")
    assert level.summary == (
        "1 moved, 1 added, 2 removed; no Debian packages are listed in the second"
    )


def test_a_lock_says_which_packages_an_image_gets() -> None:
    assert locked_packages(LOCK, "aarch64-linux") == {
        ("python", "click"): "8.3.1",
        ("python", "numpy"): "2.3.5",
        ("debian", "bash"): "1.0-1",
        ("debian", "python3.11"): "1.0-1",
    }


def test_the_same_packages_do_not_differ() -> None:
    assert package_level({("python", "a"): "1"}, {("python", "a"): "1"}) is None


_VERSIONS = st.dictionaries(
    st.tuples(st.sampled_from(["python", "debian"]), st.sampled_from("abc")), st.sampled_from("12")
)


@given(_VERSIONS, _VERSIONS)
def test_the_moves_lead_from_the_first_to_the_second(
    first: dict[tuple[str, str], str], second: dict[tuple[str, str], str]
) -> None:
    known = dict(first)
    for move in compare_packages(first, second):
        assert isinstance(move, Move)
        known[move.ecosystem, move.name] = move.second
    assert {key: version for key, version in known.items() if version} == second


@given(st.lists(st.text(max_size=80)), st.lists(st.text(max_size=80)))
def test_any_paths_and_texts_are_read(paths: list[str], statuses: list[str]) -> None:
    assert all(ecosystem in {"python", "debian"} for ecosystem, _ in packages(paths, statuses))
