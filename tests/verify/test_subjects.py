from pathlib import Path

import pytest

from harness.errors import InputError
from harness.verify.subjects import Target, in_file, is_environment, named, together


def test_only_what_has_no_place_in_it_can_be_an_environment() -> None:
    assert is_environment("serving")
    assert not any(map(is_environment, (".#serving", "/nix/store/x", "./serving", "envs/a")))


@pytest.mark.parametrize("name", ["/etc/passwd", "./here", "/nix/store"])
def test_what_is_none_of_the_three_is_refused_with_what_there_is(name: str) -> None:
    with pytest.raises(InputError, match="neither an environment, a store path nor a flake's"):
        named(name)


@pytest.mark.parametrize(
    "name", ["https://user:hunter2 @host.invalid/x#a", "git+https://u:hunter2@host.invalid:no/x#a"]
)
def test_an_address_that_is_none_is_refused_without_its_password(name: str) -> None:
    with pytest.raises(InputError) as caught:
        named(name)
    assert str(caught.value).startswith("FLAKE#ATTR: ")
    assert "hunter2" not in str(caught.value)


def test_a_file_must_be_one(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        in_file(tmp_path / "gone.nix", ["a"])


def test_several_are_verified_side_by_side_each_derivation_once() -> None:
    one = Target(name="one", derivations=("a", "b"))
    other = Target(name="other", derivations=("b", "c"))
    assert together([one]) == one
    assert together([one, other]) == Target(name="3 derivations", derivations=("a", "b", "c"))
