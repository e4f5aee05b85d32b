import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.sources.core.debian.version import satisfies, upstream, version_key

_OPERATORS = {"lt": "<<", "le": "<=", "eq": "=", "ge": ">=", "gt": ">>"}
_VERSIONS = st.from_regex(r"([0-9]:)?[0-9][0-9a-c.+~]{0,6}(-[0-9a-c.+~]{1,4})?", fullmatch=True)


@given(one=_VERSIONS, other=_VERSIONS)
@settings(max_examples=150)
def test_orders_versions_as_dpkg_does(one: str, other: str) -> None:
    order = "eq" if version_key(one) == version_key(other) else None
    order = order or ("lt" if version_key(one) < version_key(other) else "gt")
    argv = ["dpkg", "--compare-versions", one, order, other]
    assert subprocess.run(argv, check=False).returncode == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [("1.0~rc1", "1.0"), ("1.0", "1.0-0.1"), ("9", "1:1"), ("1.0-1", "1.0-1+b1"), ("0~1", "0")],
)
def test_knows_the_order_of(one: str, other: str) -> None:
    assert version_key(one) < version_key(other)
    assert satisfies(one, "<<", other)
    assert not satisfies(one, ">=", other)


def test_a_missing_revision_is_revision_zero() -> None:
    assert version_key("1.0") == version_key("1.0-0")


@pytest.mark.parametrize("text", ["", ":1", "a:1", "1 2", "1_2", "ü"])
def test_rejects_what_is_no_version(text: str) -> None:
    with pytest.raises(ValueError, match="not a Debian version"):
        version_key(text)


@pytest.mark.parametrize(
    ("version", "expected"),
    [("3.11.2-6+deb12u6", "3.11.2"), ("1:1.35.0-4", "1.35.0"), ("2.36", "2.36")],
)
def test_upstream_is_what_the_project_itself_says(version: str, expected: str) -> None:
    assert upstream(version) == expected


@given(st.text(max_size=20) | st.from_regex(r"[0-9:.~+-]{1,12}", fullmatch=True))
def test_any_text_is_a_version_or_a_value_error(text: str) -> None:
    try:
        key = version_key(text)
    except ValueError:
        return
    assert key == version_key(text)
    assert satisfies(text, "<=", text)


def test_a_number_without_end_is_no_version() -> None:
    with pytest.raises(ValueError, match="digits"):
        version_key("9" * 10_000)
