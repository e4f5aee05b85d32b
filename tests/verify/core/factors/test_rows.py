import pytest

from harness.verify.core.factors.rows import registered
from harness.verify.core.factors.setting import moving, pinned_but

NAMES = registered().names


def test_names_are_unique_and_each_factor_says_what_it_is() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert all(factor.what for factor in registered())


@pytest.mark.parametrize("cpus", [1, 2, 3, 4, 64])
@pytest.mark.parametrize("name", NAMES)
def test_every_factor_moves_something_on_every_machine(name: str, cpus: int) -> None:
    assert moving({name}, cpus=cpus) != moving((), cpus=cpus)
    assert pinned_but({name}, NAMES, cpus=cpus) != pinned_but((), NAMES, cpus=cpus)


def test_each_order_of_the_factors_has_every_one_at_a_place_of_its_own() -> None:
    for places in ([row.likely for row in registered()], [row.telling for row in registered()]):
        assert sorted(places) == list(range(1, len(NAMES) + 1))


def test_a_sign_speaks_for_its_factors_in_an_order_without_ties() -> None:
    for sign, names in registered().by_sign.items():
        places = [place for row in registered() for one, place in row.signs if one is sign]
        assert len({*places}) == len(places) == len(names)
