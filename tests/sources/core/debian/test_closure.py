import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InputError, IntegrityError
from harness.sources.core.debian.closure import NOT_FOLLOWED, Candidate, Universe, closure


def package(name: str, version: str = "1", suite: str = "stable", **fields: str) -> Candidate:
    paragraph = {key.replace("_", "-"): value for key, value in fields.items()}
    return Candidate(name=name, version=version, archive=suite, paragraph=paragraph)


def chosen(roots: list[str], *packages: Candidate) -> dict[str, str]:
    found = closure(roots, Universe(packages, "amd64"))
    return {name: candidate.version for name, candidate in found.items()}


def test_follows_depends_and_pre_depends() -> None:
    packages = package("a", pre_depends="b", depends="c (>= 1)"), package("b"), package("c")
    assert chosen(["a"], *packages) == {"a": "1", "b": "1", "c": "1"}


def test_takes_the_highest_version_of_all_suites() -> None:
    packages = package("a", "1.9"), package("a", "1.10", "security"), package("a", "1.2")
    assert chosen(["a"], *packages) == {"a": "1.10"}


def test_prefers_an_alternative_that_is_already_chosen() -> None:
    packages = package("a", depends="x | y"), package("x"), package("y")
    assert chosen(["a", "y"], *packages) == {"a": "1", "y": "1"}
    assert chosen(["a"], *packages) == {"a": "1", "x": "1"}


def test_takes_a_provider_of_a_virtual_package() -> None:
    packages = (
        package("a", depends="mail"),
        package("z", provides="mail"),
        package("y", provides="mail (= 2)"),
    )
    assert chosen(["a"], *packages) == {"a": "1", "y": "1"}


def test_a_versioned_relation_needs_a_versioned_provider() -> None:
    old = package("old", provides="mail"), package("new", provides="mail (= 2)")
    assert chosen(["a"], package("a", depends="mail (>= 2)"), *old) == {"a": "1", "new": "1"}
    with pytest.raises(InputError, match="none of the suites"):
        chosen(["a"], package("a", depends="mail (>= 3)"), *old)


def test_leaves_out_what_only_maintainer_scripts_need() -> None:
    packages = package("a", depends="debconf | debconf-2.0, b"), package("b"), package("debconf")
    assert chosen(["a"], *packages) == {"a": "1", "b": "1"}


def test_a_root_is_followed_whatever_its_name() -> None:
    assert chosen(["debconf"], package("debconf")) == {"debconf": "1"}


def test_every_package_left_out_has_a_reason() -> None:
    assert all(NOT_FOLLOWED.values())


@pytest.mark.parametrize("depends", ["missing", "b (>= 2)", "b (<< 1)"])
def test_says_who_needs_what_no_suite_has(depends: str) -> None:
    with pytest.raises(InputError, match=r"a needs .*, which none of the suites has"):
        chosen(["a"], package("a", depends=depends), package("b"))


def test_says_which_root_is_missing() -> None:
    with pytest.raises(InputError, match="the base needs nothing-like-it"):
        chosen(["nothing-like-it"])


def test_an_index_with_a_wrong_relation_or_version_is_named() -> None:
    with pytest.raises(IntegrityError, match="entry of a: 'B!' is not a relation"):
        chosen(["a"], package("a", depends="B!"))
    with pytest.raises(IntegrityError, match="entry of a: '1_2' is not a Debian version"):
        chosen(["a"], package("a", "1_2"), package("a", "1"))
    with pytest.raises(IntegrityError, match=r"asks for b .>= 1.: '1_2' is not a Debian version"):
        chosen(["a"], package("a", depends="b (>= 1)"), package("b", "1_2"))


_NAMES = st.sampled_from(["a", "b", "c", "awk"])
_RELATIONS = st.lists(
    st.lists(
        st.builds("{}{}".format, _NAMES, st.sampled_from(["", " (>= 2)", " (<< 2)", " (= 1_)"])),
        min_size=1,
        max_size=2,
    ).map(" | ".join),
    max_size=3,
).map(", ".join)
_PACKAGES = st.lists(
    st.builds(
        package,
        _NAMES,
        st.sampled_from(["1", "2~", "2", "_"]),
        depends=_RELATIONS,
        provides=st.sampled_from(["", "b", "c (= 2)", "awk"]),
    ),
    max_size=6,
)


@given(packages=_PACKAGES, roots=st.sets(_NAMES))
def test_what_is_chosen_is_whole_whatever_the_order(
    packages: list[Candidate], roots: set[str]
) -> None:
    try:
        universe = Universe(packages, "amd64")
        found = closure(roots, universe)
    except (InputError, IntegrityError):
        return
    assert closure(sorted(roots, reverse=True), universe) == found
    for name in found:
        for relation in universe.dependencies(name):
            left_out = any(one.name in NOT_FOLLOWED for one in relation)
            assert left_out or {universe.find(one) for one in relation} & found.keys()


def test_a_mistyped_name_is_near_to_what_there_is() -> None:
    universe = Universe([package("libgl1"), package("zlib1g")], "amd64")
    assert universe.near("libgl") == "libgl1"
    assert universe.near("nothing-alike") is None
