import tomllib
from contextlib import suppress

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from harness.documents.toml import parse_toml
from harness.errors import InputError

_VALUES = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=9,
)


@given(st.dictionaries(st.text(), _VALUES))
def test_what_was_written_is_read(value: dict[str, object]) -> None:
    assert parse_toml(tomli_w.dumps(value).encode(), "a.toml") == value


@given(st.binary(max_size=200))
def test_any_bytes_are_toml_or_refused(data: bytes) -> None:
    with suppress(InputError):
        assert parse_toml(data, "a.toml") == tomllib.loads(data.decode())


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"a = 1\nb = \xff\n", r"no UTF-8 \(at line 2\); save it as UTF-8"),
        (b"\xef\xbb\xbfa = 1", "begins with a byte order mark; save it"),
        ("a = 1".encode("utf-16"), "begins with a byte order mark; save it"),
        (b"a = 1\nb = ?", "a.toml: not TOML: .*line 2"),
        (b"a = " + b"[" * 100_000, "nested too deeply"),
        (b"x = 1\n" + b"a." * 40 + b"b = 1", r"a key of too many parts \(at line 2\)"),
        (b" " * (16 * 2**20 + 1), r"16777217 bytes; at most 16777216 are read"),
    ],
)
def test_what_is_refused_says_where_and_why(data: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_toml(data, "a.toml")


@pytest.mark.parametrize("key", ["a.b.c", '"a.b" . c', "'x'.y.\"z\""])
def test_keys_of_a_few_parts_are_read(key: str) -> None:
    assert parse_toml(f"{key} = 1".encode(), "") == tomllib.loads(f"{key} = 1")
