"""The relay of an arm as an image in the engine: one program, loaded once."""

from pathlib import Path

from harness.container.core.program import program_image
from harness.container.engine import Engine
from harness.host.files import explained

_NAME = "harness-relay"


def relay_image(engine: Engine, program: Path, system: str) -> str:
    """Return the id of the relay's image, which is loaded if the engine does not have it.

    The image stays: it holds one program, and every run uses it.

    Raises:
        ToolError: the program cannot be read, or the engine refuses the image.

    """
    with explained(program):
        image = program_image(_NAME, program.read_bytes(), system=system, labels={_NAME: "1"})
    # An engine with a store of containerd's has an id of its own for it, and loads it every time.
    return image.id if engine.has_image(image.id) else engine.load([image.archive])
