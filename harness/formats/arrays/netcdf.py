"""Classic netCDF (CDF-1, CDF-2): dimensions, attributes, variables by element, by SciPy.

NetCDF-4 is HDF5.
"""

import io
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from harness.formats.arrays import decoded
from harness.formats.change import (
    At,
    BeyondBoundError,
    Change,
    Content,
    Kind,
    Step,
    field,
)
from harness.formats.guarded import read_by

# Imported in this way because its types know files by name alone.
library = import_module("scipy.io")
_LARGEST = 256 << 20


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield differing dimensions, attributes, and variables by element.

    Raises:
        ValueError: no such file, too large, or damaged.

    """
    if max(len(first), len(second)) > _LARGEST:
        raise BeyondBoundError(f"netCDF of more than {_LARGEST} bytes is not read")
    with read_by("scipy"):
        ours, theirs = (_read(content[:]) for content in (first, second))
    told = False
    for change in decoded.walk(ours, theirs, (Step(At.PART, "netCDF"),)):
        told = True
        yield change
    if not told:
        sizes = [f"same values in {len(it)} bytes" for it in (first, second)]
        place = field("netCDF encoding")
        yield Change(kind=Kind.PACKING, place=place, first=sizes[0], second=sizes[1])


def _read(data: bytes) -> Any:
    with library.netcdf_file(io.BytesIO(data), mmap=False) as file:
        return {
            "dimension": dict(file.dimensions),
            "attribute": dict(vars(file)["_attributes"]),
            "variable": {
                name: {
                    "dimensions": list(it.dimensions),
                    "attribute": dict(vars(it)["_attributes"]),
                    "values": it[:].copy() if it.shape else it.getValue(),
                }
                for name, it in file.variables.items()
            },
        }
