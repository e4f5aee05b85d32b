import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.project.core.within import directory_path, input_path


@pytest.mark.parametrize("path", ["a", "a/b.csv", "../a", "../../src", "../../a/b", "a@1/b", "a.."])
def test_a_path_may_lead_up_first_and_then_down(path: str) -> None:
    assert input_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        *("", ".", "..", "../..", "/a", "a/../b", "../a/..", "a/", "a//b", "./a", "a/./b"),
        *("../.git", ".harness/x", "../../.git/config"),
    ],
)
def test_another_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"not a plain path|not for builds"):
        input_path(path)


@given(st.lists(st.sampled_from(["..", ".", "", "a", "b", ".git"]), min_size=1).map("/".join))
def test_what_is_accepted_is_normal(path: str) -> None:
    try:
        input_path(path)
    except ValueError:
        return
    assert os.path.normpath(path) == path
    assert not os.path.isabs(path)


@pytest.mark.parametrize("path", ["..", "../..", "../../packages/own", "own"])
def test_a_directory_may_be_one_above(path: str) -> None:
    assert directory_path(path) == path


@pytest.mark.parametrize("path", ["", ".", "../../.git", "a/..", "/a", "/".join([".."] * 17)])
def test_another_directory_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"not a plain path|not for builds"):
        directory_path(path)
