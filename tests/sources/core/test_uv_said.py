from hypothesis import given
from hypothesis import strategies as st

from harness.sources.core.uv_said import read_annotated, warnings

_SAID = """\
warning: The requested Python version 3.11.2 is not available; 3.13.5 will be used to build
warning: No dependencies found in stdin
Resolved 2 packages in 23ms
warning: The package `tool==1` does not have an extra named `htpp2`
warning: `pulled==1` is yanked (reason: "broken (by `x`)")
warning: `pulled==1` is yanked (reason: "broken (by `x`)")
warning: `other==2` is yanked
warning: something new
  that goes on
"""


def test_what_uv_warns_of_is_told_once_and_what_is_our_doing_is_not() -> None:
    assert [notice.text for notice in warnings(_SAID)] == [
        "tool==1 has no extra 'htpp2', so nothing is installed for it",
        "other==2 was withdrawn by those who published it (yanked)",
        "pulled==1 was withdrawn by those who published it (yanked): broken (by `x`)",
        "the package index: something new that goes on",
    ]


@given(st.text())
def test_whatever_is_said_can_be_read(said: str) -> None:
    assert list(warnings(f"error: {said}")) == list(warnings(f"error: {said}"))
    assert len(list(warnings(f"warning: {said}"))) <= 1 + said.count("warning: ")


def test_who_requires_whom_is_read_from_annotations() -> None:
    written = b"a==1\nB_c==2.0+x    # via a\nd==3   # via a, B.c\n# a comment\n\xff"
    assert read_annotated(written) == {
        "a": frozenset(),
        "b-c": frozenset({"a"}),
        "d": frozenset({"a", "b-c"}),
    }
