"""Reading METADATA out of a wheel, without unpacking it."""

import zipfile
from pathlib import Path

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from harness.adapters.files import explained
from harness.core.damaged import reading
from harness.core.wheel_metadata import LARGEST
from harness.errors import InputError


def read_metadata(wheel: Path, file: str) -> bytes:
    """Return the METADATA of a wheel; `file` is its name, which the store may have changed.

    Raises:
        InputError: it is no wheel, or has no METADATA of at most 4 MiB.
        ToolError: it cannot be read.

    """
    wanted = f"{file}: no wheel with one METADATA"
    with explained(wheel), reading(wanted), zipfile.ZipFile(wheel) as archive:
        (member,) = (one for one in archive.infolist() if _is_metadata(one.filename, file))
        with archive.open(member) as stream:
            data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise InputError(f"{file}: METADATA has more than {LARGEST} bytes")
    return data


def _is_metadata(member: str, file: str) -> bool:
    """Tell whether it is METADATA of the wheel itself; wheels may hold others' in directories."""
    top, _, rest = member.partition("/")
    name, version = file.split("-")[:2]
    if rest != "METADATA" or not top.endswith(".dist-info"):
        return False
    try:
        own = parse_wheel_filename(f"{name}-{version}-py3-none-any.whl")[:2]
        return parse_wheel_filename(f"{top.removesuffix('.dist-info')}-py3-none-any.whl")[:2] == own
    except InvalidWheelFilename:
        return False
