from pathlib import Path

import pytest

from harness.build.toolchain import compiled_derivation, fetch_compiler, shim, toolchain
from harness.errors import ToolError
from harness.host.core.architecture import ARCHITECTURES
from tests.fake_store import FakeStore, always


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeStore:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return FakeStore(tmp_path / "store")


def test_the_shim_is_in_its_output_and_held_for_all_repositories(
    store: FakeStore, tmp_path: Path
) -> None:
    derivation = store.built("shim", always(out={"shim.so": b"\x7fELF"}))
    store.attributes["shim"] = derivation
    assert shim("x86_64-linux", store).read_bytes() == b"\x7fELF"
    (root,) = store.roots
    assert root.is_relative_to(tmp_path / "state")
    assert store.roots[root] == [store.path(derivation)]


def test_a_program_is_evaluated_once_a_store(store: FakeStore) -> None:
    store.attributes["shim"] = "first"
    assert compiled_derivation("shim", "x86_64-linux", store) == "first"
    store.attributes["shim"] = "second"
    assert compiled_derivation("shim", "x86_64-linux", store) == "first"


@pytest.mark.parametrize("system", ARCHITECTURES)
def test_every_system_has_a_compiler_locked_each_file_by_hash(system: str) -> None:
    needs = toolchain(system)
    assert [need.is_seed for need in needs].count(True) == 1
    assert all(len(need.input.sha256) == 64 for need in needs)


def test_a_system_without_a_compiler_is_told() -> None:
    assert toolchain("riscv64-linux") == []
    with pytest.raises(ToolError, match="no shim for riscv64-linux"):
        fetch_compiler("riscv64-linux")
