"""The shim's compiler: what its lock needs in the store, and where that is held."""

from importlib.resources import files
from pathlib import Path

from harness.adapters.files import state_directory
from harness.core.required import Required, of_packages
from harness.core.toolchain import decode_toolchains


def toolchain(system: str) -> list[Required]:
    """Return what compiling the shim needs; nothing for a system without a locked compiler."""
    lock = files("harness") / "nix" / "shim" / "lock.toml"
    locked = decode_toolchains(lock.read_bytes(), "harness/nix/shim/lock.toml").get(system)
    return list(of_packages(locked.seed, locked.debs)) if locked else []


def roots() -> Path:
    """Return the directory of the links that hold the shim and its inputs in the store."""
    return state_directory() / "roots" / "shim"
