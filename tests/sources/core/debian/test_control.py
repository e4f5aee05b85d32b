import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import IntegrityError
from harness.sources.core.debian.control import parse_control


def test_reads_paragraphs_with_folded_fields() -> None:
    text = "Package: a\nDescription: short\n long\n .\nDepends: b,\n c\n\n\nPackage: b\n"
    assert list(parse_control(text.splitlines(), "x")) == [
        {"package": "a", "description": "short\nlong\n.", "depends": "b,\nc"},
        {"package": "b"},
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (" floating", "1: a continuation without a field"),
        ("A: 1\nno colon", "2: neither a field"),
        ("A : 1", "1: neither a field"),
        ("A: 1\na: 2", "2: the field a is given twice"),
        ("A: 1\n " + "x" * 2**24, "too large"),
    ],
)
def test_says_where_a_line_is_wrong(text: str, problem: str) -> None:
    with pytest.raises(IntegrityError, match=problem):
        list(parse_control(text.splitlines(), "Packages"))


@given(st.text())
def test_any_text_is_paragraphs_or_an_integrity_error(text: str) -> None:
    try:
        paragraphs = list(parse_control(text.splitlines(), "x"))
    except IntegrityError:
        return
    assert all(paragraphs)


@given(
    st.lists(
        st.dictionaries(
            st.from_regex(r"[a-z][a-z-]{0,8}", fullmatch=True),
            st.from_regex(r"[a-z0-9.,|()]{0,9}", fullmatch=True),
            min_size=1,
        )
    )
)
def test_reads_back_what_was_written(paragraphs: list[dict[str, str]]) -> None:
    text = "\n\n".join("\n".join(f"{k}: {v}" for k, v in p.items()) for p in paragraphs)
    assert list(parse_control(text.splitlines(), "x")) == paragraphs
