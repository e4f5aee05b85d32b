"""Reading METADATA out of a wheel, without unpacking it."""

import zipfile
from pathlib import Path

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from harness.documents.damaged import reading
from harness.host.files import explained
from harness.sbom.core.wheel_metadata import LARGEST


def read_metadata(wheel: Path, file: str) -> bytes:
    """Return the METADATA of a wheel; `file` is its name, which the store may have changed.

    What is beyond `LARGEST` bytes is left out. The directory is found as installers find it: it
    has the wheel's name and version, or else is the only one that begins with its name.

    Raises:
        InputError: it is not a wheel, or has no METADATA, or two.
        ToolError: it cannot be read.

    """
    wanted = f"{file}: no wheel with one METADATA"
    with explained(wheel), reading(wanted), zipfile.ZipFile(wheel) as archive:
        found = [one for one in archive.infolist() if _directory(one.filename)]
        exact = [one for one in found if _is_of(_directory(one.filename), file)]
        (member,) = exact or (one for one in found if _begins(_directory(one.filename), file))
        with archive.open(member) as stream:
            return stream.read(LARGEST)


def _directory(member: str) -> str:
    """Return the name and version in front of `.dist-info/METADATA`, nothing for other members."""
    top, _, rest = member.partition("/")
    is_own = rest == "METADATA" and top.endswith(".dist-info")
    return top.removesuffix(".dist-info") if is_own else ""


def _is_of(directory: str, file: str) -> bool:
    """Return whether it is the wheel's own; wheels may hold others' in directories."""
    name, version = file.split("-")[:2]
    try:
        own = parse_wheel_filename(f"{name}-{version}-py3-none-any.whl")[:2]
        return parse_wheel_filename(f"{directory}-py3-none-any.whl")[:2] == own
    except InvalidWheelFilename:
        return False


def _begins(directory: str, file: str) -> bool:
    return canonicalize_name(directory).startswith(
        canonicalize_name(file.split("-", maxsplit=1)[0])
    )
