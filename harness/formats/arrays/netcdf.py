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
    Step,
)
from harness.formats.guarded import read_by
from harness.formats.packing import packing, telling

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
    if not (yield from telling(decoded.walk(ours, theirs, (Step(At.PART, "netCDF"),)))):
        yield packing("netCDF encoding", "values", first, second)


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
