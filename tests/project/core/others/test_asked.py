from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from harness.errors import InputError
from harness.project.core.others.asked import asked


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("A.b>=1\n-r c.txt\n", {"a-b"}),
        ("dependencies: [pytorch, openssl, {pip: [pytest]}]", {"torch", "pytest"}),
        ("version = 1\n[[package]]\nname = 'A'\n[[package]]\nname = 1\n", {"a"}),
        ("lock-version = '1.0'\n[[packages]]\nname = 'b'\n", {"b"}),
        ("environments: {}\npackages: [{pypi: x, name: A, version: '1'}]\n", {"a"}),
        ("package:\n- {name: numpy, version: '1', platform: linux-64}\n", {"numpy"}),
        ("version = 1\npackage = 1\n", set()),
    ],
)
def test_packages_of_a_file_are_named_as_the_index_has_them(text: str, names: set[str]) -> None:
    assert asked(text.encode(), "x").names == names


def test_an_environment_of_conda_says_which_python_is_meant() -> None:
    assert asked(b"dependencies:\n- python=3.12\n", "x").python == SpecifierSet("==3.12.*")
    assert asked(b"a\n", "x").python is None


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(InputError):
        asked(text.encode(errors="surrogatepass"), "x")
