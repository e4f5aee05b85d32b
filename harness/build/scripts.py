"""Scripts among the files of an image that name a program which the image does not have."""

import os
import stat
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from harness.build.core.image import SHELLS, Imaged, lacked
from harness.errors import InputError
from harness.host import foreign
from harness.host.files import explained
from harness.project.repository import Environment

_MOST_FILES = 10_000
_LONGEST_LINE = 256


def lacking(environment: Environment) -> list[str]:
    """Return what to say of an image's command and of the scripts that its files are.

    Raises:
        InputError: env.toml is not valid.
        ToolError: a file cannot be read.

    """
    image = environment.table(Imaged).image
    if image is None:
        return []
    found = []
    if image.command[0] in SHELLS and not image.shells:
        found.append(f"image.command: {image.command[0]}: {lacked(image.command[0], image)}")
    for target, path in image.files.items():
        place = environment.place(path, f"image.files.{target!r}")
        for script in islice(_executables(place), _MOST_FILES):
            program = _program(script)
            if program and (why := lacked(program, image)):
                shown = script.relative_to(environment.directory.resolve())
                found.append(f"{shown} starts {program}: {why}")
    return found


def _executables(place: Path) -> Iterator[Path]:
    with explained(place):
        if place.is_dir():
            for directory, _, names in os.walk(place):
                yield from filter(_is_executable, (Path(directory, name) for name in names))
        elif _is_executable(place):
            yield place


def _is_executable(path: Path) -> bool:
    mode = path.lstat().st_mode
    return stat.S_ISREG(mode) and bool(mode & stat.S_IXUSR)


def _program(script: Path) -> str:
    """Return the program that a script's first line names, if it is a script."""
    try:
        with foreign.opened(script, str(script)) as file:
            first = file.readline(_LONGEST_LINE)
    except InputError:
        return ""
    words = first.removeprefix(b"#!").split() if first.startswith(b"#!") else []
    return os.fsdecode(words[0]) if words else ""
