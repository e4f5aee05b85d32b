from hypothesis import given
from hypothesis import strategies as st

from harness.store.core.contents import shared


def test_the_largest_go_first_each_to_who_has_least() -> None:
    assert shared({"a": 5, "b": 4, "c": 3, "d": 2}, 2) == [["a", "d"], ["b", "c"]]


@given(st.dictionaries(st.text(), st.integers(min_value=0)), st.integers(min_value=1, max_value=9))
def test_every_path_is_in_one_batch_and_none_is_empty(sizes: dict[str, int], count: int) -> None:
    batches = shared(sizes, count)
    assert sorted(path for batch in batches for path in batch) == sorted(sizes)
    assert all(batches)
    assert len(batches) <= count
