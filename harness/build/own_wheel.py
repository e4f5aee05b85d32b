"""The wheel of one's own package, to be given to others."""

import shutil
from pathlib import Path

from harness.build.intact import require_unchanged
from harness.build.own import project_directory, require_committed
from harness.build.realise import OnProgress, build
from harness.errors import IntegrityError
from harness.host import foreign
from harness.host.files import explained, replacing
from harness.project.repository import Environment


def deliver_wheel(
    environment: Environment,
    directory: Path,
    *,
    system: str,
    dirty: bool,
    on_progress: OnProgress = lambda _: None,
) -> Path:
    """Build the wheel of an environment's own package and copy it to a directory; its path there.

    `dirty` allows files that no commit has.

    Raises:
        InputError: the environment has no package of one's own, or no commit has its files.
        ToolError, BuildFailedError: as `harness.build.realise.build`, or it cannot be written.
        IntegrityError: what was built is not as it was, or holds no wheel.

    """
    project_directory(environment)
    require_committed(environment, dirty=dirty)
    built = build(environment, ("package",), system=system, on_progress=on_progress)
    require_unchanged(built.outputs, environment.name)
    return copied(Path(built.outputs[0]), directory)


def copied(package: Path, directory: Path) -> Path:
    """Copy the one wheel of a built package to a directory; its path there.

    No link counts: a backend could have one lead to any file of this machine.

    Raises:
        IntegrityError: there is not one.
        ToolError: it cannot be written.

    """
    found = () if package.is_symlink() else package.glob("*.whl")
    wheels = sorted(one for one in found if not one.is_symlink())
    if len(wheels) != 1:
        raise IntegrityError(f"{package}: holds {len(wheels)} wheels, not one")
    with explained(directory):
        directory.mkdir(parents=True, exist_ok=True)
    place = directory / wheels[0].name
    with foreign.opened(wheels[0], str(wheels[0])) as wheel, replacing(place) as file:
        shutil.copyfileobj(wheel, file)
    return place
