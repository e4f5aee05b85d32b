from hypothesis import given
from hypothesis import strategies as st

from harness.diff.core.pairing import Pairing, chain, chains, name_of, pair

_NAMES = st.sampled_from(["source", "numpy-2.1", "numpy-2.2", "numpy-tests-2.1", "click-8.1"])
_PATHS = st.sets(
    st.builds("/nix/store/{}-{}".format, st.text("abc", min_size=32, max_size=32), _NAMES)
)


def path(name: str, seed: str) -> str:
    return f"/nix/store/{seed * 32}-{name}"


@given(_PATHS, _PATHS)
def test_every_path_is_shared_paired_or_left(first: set[str], second: set[str]) -> None:
    found = pair(first, second)
    ours, theirs = [one for one, _ in found.pairs], [other for _, other in found.pairs]
    assert sorted([*ours, *found.gone]) == sorted(first - second)
    assert sorted([*theirs, *found.come]) == sorted(second - first)


def test_a_new_version_stands_for_the_old_one() -> None:
    old, new = path("numpy-2.1", "a"), path("numpy-2.2", "b")
    assert pair([old], [new]) == Pairing(pairs=((old, new),), gone=(), come=())


def test_versions_that_are_not_clear_are_left() -> None:
    old, new = [path("numpy-2.1", "a")], [path("numpy-2.2", "b"), path("numpy-2.3", "c")]
    assert pair(old, new) == Pairing(pairs=(), gone=tuple(old), come=tuple(new))


def test_of_many_paths_of_one_name_only_those_that_differ_are_paired() -> None:
    shared = path("source", "a")
    one, other = path("source", "b"), path("source", "c")
    assert pair([shared, one], [other, shared]).pairs == ((one, other),)


def test_a_name_is_what_stands_behind_the_hash() -> None:
    assert name_of(path("a-1.drv", "q")) == "a-1"


def test_the_way_down_is_a_shortest_one() -> None:
    edges = {"top": ["long", "short"], "long": ["longer"], "longer": ["leaf"], "short": ["leaf"]}
    before = chains(["top"], lambda node: edges.get(node, ()))
    assert chain(before, "leaf", str) == "top → short → leaf"
    assert chain(before, "elsewhere", str) == "elsewhere"


def test_the_middle_of_a_long_way_is_counted() -> None:
    before = chains([0], lambda node: [node + 1] if node < 299 else [])
    assert chain(before, 299, str) == "0 → 1 → (296 more) → 298 → 299"
