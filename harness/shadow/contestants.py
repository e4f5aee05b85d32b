"""Which images are compared: production's as it is, the candidate's as it is built here."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.container.engine import Engine
from harness.image.make import BuiltImage, load
from harness.shadow.core.result import Arm


@contextmanager
def contestants(
    engine: Engine,
    production: str,
    directory: Path,
    candidate: str | None,
    build: Callable[[], BuiltImage],
) -> Iterator[tuple[Arm, Arm, Arm]]:
    """Make sure that the engine has both images, and return the arms.

    An archive is loaded for a while; production's is below `directory`. Without a `candidate`, it
    is the image that `build` makes; that stays, as the next comparison needs it again. No image
    of the engine loses a tag to one that is loaded here.

    Raises:
        InputError: an image is not there.
        ToolError: the engine refuses one.

    """
    with _found(engine, production, directory) as image:
        first, second = (
            Arm(name=name, reference=production, image=image)
            for name in ("production A", "production B")
        )
        if candidate is None:
            built = build()
            known = built.image.id if engine.has_image(built.image.id) else load(built, named=False)
            yield first, second, Arm(name="candidate", reference=built.image.tag, image=known)
            return
        with _found(engine, candidate, Path()) as other:
            yield first, second, Arm(name="candidate", reference=candidate, image=other)


@contextmanager
def _found(engine: Engine, reference: str, directory: Path) -> Iterator[str]:
    """Return the id of an image that the engine knows, or of an archive below the directory."""
    if reference.endswith(".tar"):
        with engine.loaded(directory / reference) as image:
            yield image
    else:
        yield engine.image(reference).id
