"""The relay of an arm as an image in the engine: compiled in the sandbox, loaded once."""

from harness.build.toolchain import relay
from harness.container.core.program import program_image
from harness.container.engine import Engine
from harness.host.files import explained

_NAME = "harness-relay"


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
