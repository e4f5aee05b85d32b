import pytest

from harness.errors import InputError
from harness.lock.core.required import Pin, files, required, wheels
from harness.store.core import storepath
from tests.locks import BUILDING, LOCK


def test_a_target_needs_its_wheels_debs_tools_installer_and_seed() -> None:
    needs = required(LOCK, ["aarch64-linux"])
    assert [need.input.file for need in needs] == [
        "busybox-static_1.0-1_arm64.deb",
        "bash_1.0-1_arm64.deb",
        "python3.11_1.0-1_arm64.deb",
        "patchelf_1.0-1_arm64.deb",
        "installer-0.7.0-py3-none-any.whl",
        "click-8.3.1-py3-none-any.whl",
        "numpy-2.3.5-cp311-cp311-manylinux_2_28_aarch64.whl",
    ]


def test_the_seed_is_the_tree_and_not_the_package_it_comes_from() -> None:
    seed, *others = required(LOCK, ["x86_64-linux"])
    assert seed.is_seed
    assert seed.path == storepath.recursive("seed", "0" * 64)
    assert not any(need.is_seed for need in others)


def test_what_two_targets_share_is_needed_once() -> None:
    needs = required(LOCK, ["x86_64-linux", "aarch64-linux"])
    assert [n.input.file for n in needs].count("click-8.3.1-py3-none-any.whl") == 1


def test_an_index_finds_a_wheel_by_name_version_and_target() -> None:
    sources = {n.input.file: n.source for n in required(LOCK, ["x86_64-linux"])}
    pin = sources["installer-0.7.0-py3-none-any.whl"]
    assert isinstance(pin, Pin)
    assert (pin.name, pin.version, pin.target.system) == ("installer", "0.7.0", "x86_64-linux")


def test_refuses_a_system_that_is_not_locked() -> None:
    with pytest.raises(InputError, match="not for riscv64-linux; add it to `targets`"):
        required(LOCK, ["riscv64-linux"])


def test_wheels_of_a_system_are_those_chosen_for_it() -> None:
    assert [wheel.file for wheel in wheels(LOCK, "aarch64-linux")] == [
        "click-8.3.1-py3-none-any.whl",
        "numpy-2.3.5-cp311-cp311-manylinux_2_28_aarch64.whl",
    ]


def test_what_builds_an_sdist_is_needed_and_is_no_part_of_the_environment() -> None:
    needs = {need.input.file: need for need in required(BUILDING, ["x86_64-linux"])}
    assert {"own-1.tar.gz", "maker-2-py3-none-any.whl", "gcc_1.0-1_amd64.deb"} <= needs.keys()
    assert "maker-1-py3-none-any.whl" not in needs
    sources = [needs[name].source for name in ("own-1.tar.gz", "maker-2-py3-none-any.whl")]
    assert [isinstance(one, Pin) and one.is_sdist for one in sources] == [True, False]
    assert wheels(BUILDING, "x86_64-linux") == wheels(LOCK, "x86_64-linux")
    every = {one.file for one in files(BUILDING, "x86_64-linux")}
    assert every == BUILDING.targets["x86_64-linux"].files
