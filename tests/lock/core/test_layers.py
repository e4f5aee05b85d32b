from hypothesis import given
from hypothesis import strategies as st

from harness.lock.core.layers import PACKAGE_LAYERS, partition

_SIZES = st.dictionaries(st.text("abcdefgh", min_size=1), st.integers(1, 10**9), max_size=40)


def test_each_package_has_a_layer_of_its_own_the_heavy_first() -> None:
    assert partition({"click": 100, "scipy": 30_000, "numpy": 20_000}) == (
        ("numpy",),
        ("scipy",),
        ("click",),
    )


def test_a_package_that_moves_goes_above_those_that_do_not() -> None:
    before = partition({"numpy": 17_000, "scipy": 30_000, "click": 100, "h11": 90})
    sizes = {"numpy": 17_000, "scipy": 30_001, "click": 101, "h11": 90}
    after = partition(sizes, before, ["click", "scipy"])
    assert after == (("numpy",), ("h11",), ("scipy",), ("click",))
    assert partition(sizes, after) == after


def test_a_layer_that_lost_a_package_goes_above_the_rest() -> None:
    assert partition({"a": 9, "c": 1}, (("a", "b"), ("c",))) == (("c",), ("a",))


def test_a_new_package_shares_no_layer_and_a_removed_one_leaves_no_empty_one() -> None:
    shared = (("a", "b"), ("c",))
    assert partition({"a": 9, "b": 9, "d": 99}, shared) == (("a", "b"), ("d",))


def test_the_lightest_packages_share_when_there_are_many() -> None:
    sizes = {f"p{n:03}": 2**n for n in range(PACKAGE_LAYERS + 2)}
    layers = partition(sizes)
    assert len(layers) == PACKAGE_LAYERS
    assert [layer for layer in layers if len(layer) > 1] == [("p000", "p001", "p002")]


@given(sizes=_SIZES, before=_SIZES, moved=st.sets(st.text("abcdefgh", min_size=1)))
def test_each_package_is_in_exactly_one_layer_and_those_that_stay_are_lowest(
    sizes: dict[str, int], before: dict[str, int], moved: set[str]
) -> None:
    previous = partition(before)
    layers = partition(sizes, previous, moved)
    assert sorted(name for layer in layers for name in layer) == sorted(sizes)
    assert all(layers)
    stay = [layer for layer in previous if set(layer) <= sizes.keys() - moved]
    assert list(layers[: len(stay)]) == stay


@given(sizes=st.integers(0, 400).map(lambda n: {f"p{k}": 1 + k * k % 997 for k in range(n)}))
def test_there_are_never_too_many_layers_and_a_partition_is_kept(sizes: dict[str, int]) -> None:
    layers = partition(sizes)
    assert len(layers) == min(len(sizes), PACKAGE_LAYERS)
    assert partition(sizes, layers) == layers
