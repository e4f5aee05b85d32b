"""A pair of contents per format of data, documents and stores, in which one field was changed."""

import contextlib
import sqlite3
import struct

import numpy as np
import safetensors.numpy

from tests.core.formats.seeds import Pair


def npy(
    descr: object, shape: object, data: bytes, fortran: bool = False, version: int = 1
) -> bytes:
    text = repr({"descr": descr, "fortran_order": fortran, "shape": shape}).encode()
    size = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + size + text + data


def _safetensors(last: float) -> bytes:
    return safetensors.numpy.save({"w": np.array([[1, 2], [3, last]], np.float32)})


def database(
    *rows: tuple[object, ...],
    table: str = "t(id INTEGER PRIMARY KEY, a, b)",
    before: str = "PRAGMA encoding = 'UTF-8'",
) -> bytes:
    """Return a database of one table, which `table` defines as SQL does."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("PRAGMA page_size = 512")
        connection.execute(before)
        connection.execute(f"CREATE TABLE {table}")
        for row in rows:
            connection.execute("INSERT INTO t VALUES (?, ?, ?)", row)
        return connection.serialize()


PAIRS = (
    Pair(path="a.npy", first=npy("|u1", (2, 2), b"abcd"), second=npy("|u1", (2, 2), b"abcf"),
         format="npy", field="npy element [1, 1]"),
    Pair(path="model.safetensors", first=_safetensors(4), second=_safetensors(5),
         format="safetensors",
         field="safetensors tensor w: element [1, 1] differs by 2097152 ULP"),
    Pair(path="a.db", first=database((1, "x", 2.5)), second=database((1, "y", 2.5)),
         format="SQLite", field="SQLite table t, row 1, column a"),
)  # fmt: skip
