"""Every format's reader, on damaged and on random bytes: ValueError or an explanation."""

from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.formats import registry
from harness.formats.wording import spelled
from tests.formats import containers as documents
from tests.formats import optional, samples, seeds
from tests.formats.seeds import Pair

PAIRS = (*seeds.PAIRS, *samples.PAIRS, *documents.PAIRS, *optional.PAIRS)
EACH = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.path)
SOME = 300


def explained(name: str, first: bytes, second: bytes) -> bool:
    """Return whether a row reads two contents; an exception other than ValueError goes through."""
    (row,) = (row for row in registry.FORMATS if row.name == name)
    try:
        for _ in islice(row.explain(first, second), SOME):
            pass
    except ValueError:
        return False
    return True


def test_every_format_has_a_pair() -> None:
    assert {pair.format for pair in PAIRS} == {row.name for row in registry.FORMATS}


@EACH
def test_names_the_injected_field(pair: Pair) -> None:
    name, changes = registry.explain(pair.path, pair.first, pair.second)
    assert name == pair.format
    assert pair.field in [spelled(change.place) for change in changes]


@EACH
@settings(max_examples=150)
@given(data=st.data())
def test_damaged_contents_raise_nothing_but_value_error(pair: Pair, data: st.DataObject) -> None:
    damaged = bytearray(pair.first)
    places = st.tuples(st.integers(0, len(damaged) - 1), st.integers(0, 255))
    for place, byte in data.draw(st.lists(places, max_size=6)):
        damaged[place] = byte
    cut = data.draw(st.integers(0, len(damaged)) | st.just(len(damaged)))
    explained(pair.format, bytes(damaged[:cut]), pair.second)
    explained(pair.format, pair.first, bytes(damaged[:cut]))
    list(islice(registry.explain(pair.path, bytes(damaged), pair.second)[1], SOME))


@EACH
@settings(max_examples=80)
@given(head=st.integers(0, 40), rest=st.binary(max_size=200))
def test_random_contents_raise_nothing_but_value_error(pair: Pair, head: int, rest: bytes) -> None:
    explained(pair.format, pair.first[:head] + rest, pair.second)
