import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sources.core.debian.relation import Alternative, parse_relations


def test_reads_versions_alternatives_and_qualifiers() -> None:
    text = "libc6 (>= 2.36), python3:any, debconf (>= 0.5) | debconf-2.0,"
    assert parse_relations(text, "amd64") == (
        (Alternative(name="libc6", operator=">=", version="2.36"),),
        (Alternative(name="python3"),),
        (
            Alternative(name="debconf", operator=">=", version="0.5"),
            Alternative(name="debconf-2.0"),
        ),
    )


@pytest.mark.parametrize(
    ("text", "count"),
    [("a [amd64]", 1), ("a [arm64]", 0), ("a [!amd64]", 0), ("a [!arm64 !s390x]", 1)],
)
def test_leaves_out_what_is_for_another_architecture(text: str, count: int) -> None:
    assert len(parse_relations(text, "amd64")) == count


@pytest.mark.parametrize("text", ["A", "a (> 1)", "a b", "a (>= 1", "|", "a |"])
def test_rejects_what_is_no_relation(text: str) -> None:
    with pytest.raises(ValueError, match="not a relation"):
        parse_relations(text, "amd64")


def test_shows_an_alternative_as_debian_writes_it() -> None:
    assert str(Alternative(name="a", operator=">=", version="1")) == "a (>= 1)"
    assert str(Alternative(name="a")) == "a"


@given(st.text(alphabet="ab (),|<>=[]!:1.-", max_size=30))
def test_any_text_is_relations_or_a_value_error(text: str) -> None:
    try:
        relations = parse_relations(text, "amd64")
    except ValueError:
        return
    assert all(alternatives for alternatives in relations)
