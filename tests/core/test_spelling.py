import json

from hypothesis import given
from hypothesis import strategies as st

from harness.core.spelling import spelled, spelled_in

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
