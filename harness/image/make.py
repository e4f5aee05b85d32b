"""The image of an environment: built, then loaded into the engine, saved to a file, or pushed.

Nothing is copied on the way: each takes the layers' blobs from the store, where they are.
"""

from dataclasses import dataclass
from pathlib import Path

from harness.build.core.image import Imaged
from harness.build.intact import require_unchanged
from harness.build.own import require_committed
from harness.build.realise import OnProgress, build
from harness.container.core.archive import Format, Image, present
from harness.container.engine import Engine, connect
from harness.errors import HarnessError, InputError, IntegrityError
from harness.host.files import replacing
from harness.image import skopeo
from harness.image.layouts import chunks, read_image
from harness.lock.freshness import require_fresh
from harness.project.repository import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltImage:
    """An image and its layout in the store, which `harness.image.layouts.chunks` streams."""

    layout: Path
    image: Image


def image_of(
    environment: Environment,
    *,
    system: str,
    jobs: int | None = None,
    dirty: bool = False,
    on_progress: OnProgress = lambda _: None,
) -> BuiltImage:
    """Build the image of an environment and hold it by a root.

    What goes into it is hashed before, and what came of it after. `dirty` allows files of one's own
    package that no commit has.

    Raises:
        InputError: the lock is missing or stale, env.toml has no `[image]`, or no commit has files.
        ToolError, BuildFailedError: as `harness.build.realise.build`.
        IntegrityError: a store path is not as it was built.

    """
    require_fresh(environment)
    if environment.table(Imaged).image is None:
        raise InputError(
            f"{environment.shown(environment.spec_path)}: no [image]; "
            "docs/images.md says what it needs"
        )
    require_committed(environment, dirty=dirty)
    for attribute in ("environment", "image"):
        built = build(environment, (attribute,), system=system, jobs=jobs, on_progress=on_progress)
        require_unchanged(built.outputs, environment.name)
    layout = Path(built.outputs[0])
    return BuiltImage(layout=layout, image=read_image(layout))


def load(built: BuiltImage, *, named: bool = True) -> str:
    """Load an image into this machine's engine as a stream; return its id there.

    One that is `named` gets its tag, whichever image had it before.

    What the engine has is left out: Docker's own store then takes the layer that it has. An engine
    that will not (one that keeps images as they came) gets the whole.

    Raises:
        ToolError: no engine answers, or it refuses.
        IntegrityError: what it loaded is another image.

    """
    with connect() as engine:
        known = _load_rest(engine, built, named=named) or engine.load(
            chunks(built.layout, named=named)
        )
    if known not in {built.image.id, built.image.digest}:
        raise IntegrityError(f"the engine loaded {known} in place of {built.image.id}")
    return known


def _load_rest(engine: Engine, built: BuiltImage, *, named: bool) -> str | None:
    """Load an image without the layers that are there; None if that cannot be done."""
    without = present(built.image, engine.stacks())
    if not without:
        return None
    try:
        return engine.load(chunks(built.layout, without=without, named=named))
    except HarnessError:
        return None


def save(built: BuiltImage, path: Path, form: Format) -> None:
    """Write an image as an archive, whole or not at all.

    Raises:
        ToolError: it cannot be written.

    """
    with replacing(path) as file:
        for chunk in chunks(built.layout, form):
            file.write(chunk)


def push(built: BuiltImage, reference: str) -> None:
    """Copy an image to a registry, without the blobs that it has.

    Raises:
        ToolError: skopeo is missing, or the registry refuses.

    """
    tag = built.image.tag.rpartition(":")[2]
    skopeo.push(built.layout, tag, reference, size=built.image.size)
