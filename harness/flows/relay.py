"""The relay of an arm as an image in the engine: fetched, compiled in the sandbox, loaded once."""

from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

from harness.adapters import nix
from harness.adapters.engine import Engine
from harness.adapters.files import explained, state_directory
from harness.core.program_image import program_image
from harness.errors import BuildFailedError
from harness.flows.inputs import hold
from harness.flows.shim import fetch_compiler

_NAME = "harness-relay"


@cache
def relay_derivation(system: str) -> str:
    """Return the store path of the relay's derivation.

    Raises:
        ToolError: Nix is missing or the evaluation failed.

    """
    with as_file(files("harness") / "nix") as library:
        (path,) = nix.instantiate(
            library / "relay" / "default.nix", arguments={"system": system}, attributes=["relay"]
        )
        return path


def relay(system: str) -> Path:
    """Return the program; what its compiler needs is fetched if it is missing.

    Raises:
        ToolError, IntegrityError: as `fetch_compiler`.
        BuildFailedError: it does not compile.

    """
    derivation = relay_derivation(system)
    (output,) = nix.outputs([derivation])
    if nix.invalid_paths([output]):
        fetch_compiler(system)
        completed = nix.realise([derivation], on_line=lambda _: None)
        if completed.status != 0:
            raise BuildFailedError(f"{derivation} failed:\n{completed.stderr}")
    hold(state_directory() / "roots" / "relay", [output])
    return Path(output, "bin", "relay")


def relay_image(engine: Engine, system: str) -> str:
    """Return the id of the relay's image, which is loaded if the engine does not have it.

    The image stays: it holds one program, and every run uses it.

    Raises:
        ToolError, IntegrityError, BuildFailedError: as `relay`, or the engine refuses the image.

    """
    program = relay(system)
    with explained(program):
        image = program_image(_NAME, program.read_bytes(), system=system, labels={_NAME: "1"})
    # An engine with a store of containerd's has an id of its own for it, and loads it every time.
    return image.id if engine.has_image(image.id) else engine.load([image.archive])
