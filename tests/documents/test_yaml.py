from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from harness.documents.yaml import parse_yaml
from harness.errors import InputError

_LETTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"])
_TEXT = st.text(_LETTERS, max_size=8)
_VALUES = st.recursive(
    _TEXT, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3)
)


@given(_VALUES)
def test_what_is_written_is_read(value: Any) -> None:
    quoted = yaml.dump(value, Dumper=yaml.SafeDumper, default_style='"', allow_unicode=True)
    bare = quoted.replace("!!str ", "")
    assert parse_yaml(bare.encode(), "x.yml") == value


@given(st.binary())
def test_other_bytes_are_refused_with_their_place(data: bytes) -> None:
    with suppress(InputError):
        parse_yaml(data, "x.yml")


def test_scalars_are_the_text_that_stands_there() -> None:
    text = b"python: 3.10\nno: no\nwhen: 2026-01-01\nempty:\nlist: [0x10, ~, 'a b']\n"
    assert parse_yaml(text, "x.yml") == {
        "python": "3.10",
        "no": "no",
        "when": "2026-01-01",
        "empty": "",
        "list": ["0x10", "~", "a b"],
    }
    assert parse_yaml(b"", "x.yml") == ""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("\na: &x [b]\nc: *x", r"an alias \(\*name\), which is not read: write it out \(at line 3"),
        ("a: 1\na: 2", r"a key of a map: 'a' stands twice \(at line 2\)"),
        ("? [a]\n: b", r"a key of a map: no name \(at line 1\)"),
        ("!!python/object/apply:os.system [x]", r"a tag \(tag:yaml.org,2002:python/object"),
        ("!!int 1", r"a tag \("),
        ("--- a\n--- b\n", r"a second document \(at line 2\)"),
        ("[" * 40 + "]" * 40, r"nested too deeply \(at line 1\)"),
        ("a: b: c", r"not YAML: mapping values are not allowed in this context \(at line 1\)"),
        ("\x01", r"not YAML: "),
    ],
)
def test_what_is_not_read_is_named_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(InputError, match=rf"^x\.yml: {problem}"):
        parse_yaml(text.encode(), "x.yml")


def test_no_more_is_read_than_is_bounded() -> None:
    with pytest.raises(InputError, match=r"^x\.yml: 16777217 bytes; at most"):
        parse_yaml(b"#" * (16 * 2**20 + 1), "x.yml")
    with pytest.raises(InputError, match=r"^x\.yml: not YAML: no UTF-8"):
        parse_yaml(b"\xff\xfe", "x.yml")
    with pytest.raises(InputError, match="maximum nesting depth"):
        parse_yaml(b"[" * (2**20), "x.yml")
