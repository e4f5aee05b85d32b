from hypothesis import given
from hypothesis import strategies as st

from harness.lock.core.roots import roots

_NAMES = st.sampled_from("abcdef")


def test_what_nothing_requires_was_asked_for() -> None:
    assert roots({"pandas": set(), "numpy": {"pandas"}, "six": {"pandas"}, "tqdm": set()}) == [
        "pandas",
        "tqdm",
    ]


def test_of_a_circle_one_was_asked_for() -> None:
    assert roots({"b": {"a"}, "a": {"b"}, "c": {"b"}, "d": {"d"}}) == ["a", "d"]


def test_a_requirer_that_is_not_among_them_says_nothing() -> None:
    assert roots({"a": {"elsewhere"}}) == ["a"]


@given(st.dictionaries(_NAMES, st.frozensets(_NAMES)))
def test_every_package_is_reached_and_none_is_needless(requirers: dict[str, set[str]]) -> None:
    found = roots(requirers)
    reached, before = set(found), set[str]()
    while reached != before:
        before = set(reached)
        reached |= {name for name, by in requirers.items() if by & reached}
    assert reached >= requirers.keys()
