import json

from hypothesis import given
from hypothesis import strategies as st

from harness.render.spelling import spelled, spelled_in, spelled_name

_NAMES = st.binary(max_size=8).map(lambda name: name.decode(errors="surrogateescape"))


def test_bytes_that_are_no_text_are_spelled_in_hex() -> None:
    assert spelled(b"caf\xe9".decode(errors="surrogateescape")) == r"caf\xe9"
    assert spelled("café\\") == "café\\"
    assert spelled("\ud800") == r"\ud800"


@given(_NAMES, _NAMES)
def test_no_two_names_that_are_no_text_are_spelled_alike(one: str, other: str) -> None:
    assert spelled(one).isascii() or spelled(one).encode()
    if spelled(one) != one and spelled(other) != other:
        assert (spelled(one) == spelled(other)) == (one == other)


_ODD = st.lists(st.sampled_from(["\\", "x", "ff", "\udcff", "ud8ff", "\ud8ff"]), max_size=6)


@given(_ODD.map("".join), _ODD.map("".join))
def test_no_two_names_are_spelled_alike_be_they_text_or_not(one: str, other: str) -> None:
    assert (spelled_name(one) == spelled_name(other)) == (one == other)


def test_a_name_that_looks_like_a_spelled_one_has_its_backslashes_doubled() -> None:
    assert [spelled_name(name) for name in ("a\\xff", "a\udcff", "a\\b")] == [
        r"a\\xff",
        r"a\xff",
        r"a\b",
    ]


@given(
    st.recursive(
        _NAMES | st.integers() | st.none(),
        lambda below: st.lists(below) | st.dictionaries(_NAMES, below) | st.tuples(below),
        max_leaves=5,
    )
)
def test_whatever_is_printed_is_json(value: object) -> None:
    text = json.dumps(spelled_in(value), ensure_ascii=False).encode()
    assert json.loads(text) is not None or value is None
