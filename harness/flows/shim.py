"""The shim as a store path: fetched, compiled in the sandbox, held there."""

from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from harness.adapters import nix
from harness.errors import BuildFailedError, ToolError
from harness.flows.inputs import hold, missing
from harness.flows.toolchain import roots, toolchain

if TYPE_CHECKING:
    from harness.flows.downloads import OnProgress


@cache
def shim_derivation(system: str) -> str:
    """Return the store path of the shim's derivation.

    Raises:
        ToolError: Nix is missing or the evaluation failed.

    """
    with as_file(files("harness") / "nix") as library:
        (path,) = nix.instantiate(
            library / "shim" / "default.nix", arguments={"system": system}, attributes=["shim"]
        )
        return path


def fetch_compiler(system: str, *, on_progress: "OnProgress" = lambda _: None) -> None:
    """Bring what compiling the shim needs into the store and hold it there.

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
        from harness.flows.fetch import bring  # noqa: PLC0415

        bring(needs, on_progress=on_progress)
    hold(roots() / "inputs", [need.path for need in needs])


def shim(system: str) -> Path:
    """Return the library to preload; what its compiler needs is fetched if it is missing.

    Raises:
        ToolError, IntegrityError: as `fetch_compiler`.
        BuildFailedError: it does not compile.

    """
    derivation = shim_derivation(system)
    (output,) = nix.outputs([derivation])
    if nix.invalid_paths([output]):
        fetch_compiler(system)
        completed = nix.realise([derivation], on_line=lambda _: None)
        if completed.status != 0:
            raise BuildFailedError(f"{derivation} failed:\n{completed.stderr}")
    hold(roots() / "output", [output])
    return Path(output, "shim.so")
