"""A pair of contents per format of data, documents and stores, in which one field was changed."""

import contextlib
import io
import sqlite3
import struct
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

import numpy as np
import onnx
import safetensors.numpy

from tests.formats.seeds import Pair

# Imported in this way because they have no types.
arrow = import_module("pyarrow")
h5py = import_module("h5py")


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


def onnx_model(weight: float = 1.0, **fields: str) -> onnx.ModelProto:
    """Return a model of one node, whose message has `fields`."""
    weights = np.array([[0, 0.5], [2, weight]], np.float32)
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("MatMul", ["x", "w"], ["y"], name="mul")],
        "main",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n", 2])],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["n", 2])],
        [onnx.numpy_helper.from_array(weights, "w")],
    )
    return onnx.helper.make_model(graph, **fields)


def parquet(columns: object, metadata: object = None, **options: object) -> bytes:
    """Return a table that is written with options of `pyarrow.parquet.write_table`."""
    file = io.BytesIO()
    table = arrow.table(columns).replace_schema_metadata(metadata)
    import_module("pyarrow.parquet").write_table(table, file, **options)
    return file.getvalue()


def hdf5(
    data: object = ((0.0, 1.0, 2.0), (3.0, 4.0, 5.0)),
    *,
    version: str = "earliest",
    attributes: Mapping[str, object] = MappingProxyType({}),
    **options: object,
) -> bytes:
    """Return a file with a dataset /g/w, which is created with options of h5py."""
    file = io.BytesIO()
    with h5py.File(file, "w", libver=version) as root:
        dataset = root.create_dataset("g/w", data=data, **options)
        for name, value in attributes.items():
            dataset.attrs[name] = value
    return file.getvalue()


def ipc(
    columns: object, metadata: object = None, *, stream: bool = False, **options: object
) -> bytes:
    """Return a table as a file or stream, written with `pyarrow.ipc.IpcWriteOptions`."""
    file = io.BytesIO()
    table = arrow.table(columns).replace_schema_metadata(metadata)
    start = arrow.ipc.new_stream if stream else arrow.ipc.new_file
    with start(file, table.schema, options=arrow.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table)
    return file.getvalue()


PAIRS = (
    Pair(path="a.npy", first=npy("|u1", (2, 2), b"abcd"), second=npy("|u1", (2, 2), b"abcf"),
         format="npy", field="npy element [1, 1]"),
    Pair(path="model.safetensors", first=_safetensors(4), second=_safetensors(5),
         format="safetensors",
         field="safetensors tensor w: element [1, 1] differs by 2097152 ULP"),
    Pair(path="a.db", first=database((1, "x", 2.5)), second=database((1, "y", 2.5)),
         format="SQLite", field="SQLite table t, row 1, column a"),
    Pair(path="model.onnx", first=onnx_model(producer_version="2.4").SerializeToString(),
         second=onnx_model(producer_version="2.5").SerializeToString(),
         format="ONNX", field="ONNX producer_version"),
    Pair(path="a.parquet", first=parquet({"a": [1]}, {"time": "1"}),
         second=parquet({"a": [1]}, {"time": "2"}), format="Parquet",
         field="Parquet metadata time.value"),
    Pair(path="a.h5", first=hdf5(attributes={"unit": "m"}), second=hdf5(attributes={"unit": "s"}),
         format="HDF5", field="HDF5 /g/w attribute unit"),
    Pair(path="a.feather", first=ipc({"a": [1, 2]}), second=ipc({"a": [1, 3]}),
         format="Arrow", field="Arrow batch, column a: element [1]"),
)  # fmt: skip
