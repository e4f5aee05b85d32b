"""A pair of contents per format of data, documents and stores, in which one field was changed."""

import struct

from tests.core.formats.seeds import Pair


def npy(
    descr: object, shape: object, data: bytes, fortran: bool = False, version: int = 1
) -> bytes:
    text = repr({"descr": descr, "fortran_order": fortran, "shape": shape}).encode()
    size = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + size + text + data


PAIRS = (
    Pair(path="a.npy", first=npy("|u1", (2, 2), b"abcd"), second=npy("|u1", (2, 2), b"abcf"),
         format="npy", field="npy element [1, 1]"),
)  # fmt: skip
