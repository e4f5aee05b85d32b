import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from harness.documents.key import Place
from harness.documents.lines import line_of, lines_of

_TEXT = '''# a comment
base = "x"
dependencies = [
  "a",  # base = 1
  "b",
]
[checks]
imports = 3
commands.x = """
[not.a.header]
"""

[image.artefacts."/srv"]
command = "x"
[[benign]]
path = "a"
[[benign]]
path = "b"
inside = { a = 1, b = { c = 2 } }
[benign.more]
deep = 1
[[benign.parts]]
name = "y"
'''


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("base",), 2),
        (("dependencies", 1), 3),
        (("checks",), 7),
        (("checks", "imports"), 8),
        (("checks", "missing"), 7),
        (("checks", "commands", "x"), 9),
        (("image", "artefacts", "/srv", "command"), 14),
        (("image", "user"), None),
        (("benign", 0, "path"), 16),
        (("benign", 1, "path"), 18),
        (("benign", 1, "missing"), 17),
        (("benign", 1, "inside", "b", "c"), 19),
        (("benign", 1, "more", "deep"), 21),
        (("benign", 1, "parts", 0, "name"), 23),
        (("benign", 2), None),
        (("missing",), None),
        ((), None),
    ],
)
def test_a_place_is_found_or_what_is_above_it(place: Place, line: int | None) -> None:
    assert line_of(place, lines_of(_TEXT)) == line


def test_large_documents_and_statements_are_not_looked_through() -> None:
    assert lines_of("a = 1\n" * 10_000) == []
    assert [place for place, _ in lines_of("a = 1\nb = [\n" + "1,\n" * 500 + "]\nc = 1\n")] == [
        ("a",)
    ]


_TABLES = st.recursive(
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=9), max_size=3),
    lambda inner: st.dictionaries(
        st.text(max_size=5), inner | st.lists(inner, min_size=1, max_size=2), max_size=3
    ),
    max_leaves=6,
)


@given(document=_TABLES)
def test_every_key_is_found_at_a_line_that_names_it(document: dict[str, Any]) -> None:
    text = tomli_w.dumps(document)
    lines = lines_of(text)
    for place in _places(tomllib.loads(text)):
        line = line_of(place, lines)
        assert line is None or 1 <= line <= text.count("\n")
        if isinstance(document.get(str(place[0])), int | str):
            assert line is not None
            assert place[0] in tomllib.loads(text.split("\n")[line - 1])


def _places(value: Any, above: Place = ()) -> Iterator[Place]:
    for key, inner in value.items():
        yield (*above, key)
        if isinstance(inner, dict):
            yield from _places(inner, (*above, key))
