"""What harness compiles for itself, the shim and the relay, by a compiler that it locks."""

from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from harness.build.core.toolchain import decode_toolchains
from harness.errors import BuildFailedError, ToolError
from harness.fetch.present import hold, missing
from harness.host.files import state_directory
from harness.lock.core.required import Required, of_packages
from harness.store.verbs import NIX, Store

if TYPE_CHECKING:
    from harness.fetch.downloads import OnProgress


def toolchain(system: str) -> list[Required]:
    """Return what the compiler is made of; nothing for a system without a locked one."""
    lock = files("harness") / "nix" / "shim" / "lock.toml"
    locked = decode_toolchains(lock.read_bytes(), "harness/nix/shim/lock.toml").get(system)
    return list(of_packages(locked.seed, locked.debs)) if locked else []


def fetch_compiler(system: str, *, on_progress: "OnProgress" = lambda _: None) -> None:
    """Bring what the compiler is made of into the store and hold it there.

    Raises:
        ToolError: the system has no compiler locked, or the network, the disk or Nix failed.
        IntegrityError: a file that came is not the one of the lock.

    """
    needs = toolchain(system)
    if not needs:
        raise ToolError(
            f"there is no shim for {system}: harness/nix/shim/lock.toml has no compiler"
        )
    if missing(needs):
        # Its client of HTTP takes a tenth of a second, which a verification need not wait.
        from harness.fetch.bring import bring  # noqa: PLC0415

        bring(needs, on_progress=on_progress)
    hold(_roots("shim") / "inputs", [need.path for need in needs])


def shim(system: str, store: Store = NIX) -> Path:
    """Return the library to preload while a build is perturbed.

    Raises:
        ToolError, IntegrityError: as `fetch_compiler`.
        BuildFailedError: it does not compile.

    """
    return _compiled("shim", system, store) / "shim.so"


def relay(system: str) -> Path:
    """Return the program that passes a unix socket on to an arm.

    Raises:
        ToolError, IntegrityError, BuildFailedError: as `shim`.

    """
    return _compiled("relay", system, NIX) / "bin/relay"


@cache
def compiled_derivation(program: str, system: str, store: Store = NIX) -> str:
    """Return the store path of the derivation that compiles "shim" or "relay".

    Raises:
        ToolError: Nix is missing or the evaluation failed.

    """
    with as_file(files("harness") / "nix") as library:
        (path,) = store.instantiate(
            library / program / "default.nix", arguments={"system": system}, attributes=[program]
        )
        return path


def _compiled(program: str, system: str, store: Store) -> Path:
    derivation = compiled_derivation(program, system, store)
    output = store.derivation(derivation).outputs["out"].path
    if store.invalid_paths([output]):
        fetch_compiler(system)
        completed = store.realise([derivation])
        if completed.status != 0:
            raise BuildFailedError(f"{derivation} failed:\n{completed.said}")
    hold(_roots(program) / "output", [output], store)
    return Path(output)


def _roots(program: str) -> Path:
    """Return the directory of the links that hold a program and its inputs in the store."""
    return state_directory() / "roots" / program
