"""A pair of contents per format that a library of `harness[formats]` reads, by their writers."""

import io
import struct
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np
from PIL import Image

from tests.formats.samples import arrow
from tests.formats.seeds import Pair

# Imported in this way because they have no types, or types of files by name alone.
cbor2 = import_module("cbor2")
fastavro = import_module("fastavro")
msgpack = import_module("msgpack")
scipy_io = import_module("scipy.io")
unparser = import_module("rdata.unparser")
conversion = import_module("rdata.conversion")

MARK = b"0123456789abcdef"
SCHEMA = {
    "type": "record",
    "name": "row",
    "fields": [{"name": "a", "type": "int"}, {"name": "b", "type": ["null", "string"]}],
}


def avro(
    *rows: object, schema: object = SCHEMA, mark: bytes = MARK, codec: str = "null", **meta: str
) -> bytes:
    file = io.BytesIO()
    fastavro.writer(file, schema, rows, codec=codec, sync_marker=mark, metadata=meta)
    return file.getvalue()


def orc(columns: object, **options: object) -> bytes:
    file = io.BytesIO()
    import_module("pyarrow.orc").write_table(arrow.table(columns), file, **options)
    return file.getvalue()


def matlab(when: bytes = b"Sun Nov 29 01:20:11 2026", **variables: object) -> bytes:
    file = io.BytesIO()
    scipy_io.savemat(file, variables)
    data = file.getvalue()
    start = data.index(b"Created on: ") + 12
    return data[:start] + when.ljust(116 - start) + data[116:]


def netcdf(values: list[float], unit: str = "m", history: str = "made", name: str = "v") -> bytes:
    file = io.BytesIO()
    with scipy_io.netcdf_file(file, "w") as made:
        made.history = history
        made.createDimension("t", len(values))
        variable = made.createVariable(name, "f4", ("t",))
        variable[:] = values
        variable.units = unit
        made.createVariable("scalar", "i4", ())[...] = 7
        made.flush()
        return file.getvalue()


def r_data(value: object, *, kind: str = "rds", version: int = 3) -> bytes:
    data = conversion.convert_python_to_r_data(value, file_type=kind, format_version=version)
    return bytes(unparser.unparse_data(data, file_type=kind, file_format="xdr"))


def gguf(
    metadata: Mapping[str, tuple[int, bytes]] | None = None,
    tensors: Mapping[str, tuple[int, tuple[int, ...], bytes]] | None = None,
    version: int = 3,
) -> bytes:
    """Return a file laid out by hand as ggml documents it."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    metadata = {"general.name": (8, text("tiny"))} if metadata is None else metadata
    tensors = {"w": (0, (2,), struct.pack("<2f", 1, 2))} if tensors is None else tensors
    head = struct.pack("<4sIQQ", b"GGUF", version, len(tensors), len(metadata))
    for key, (kind, value) in metadata.items():
        head += text(key) + struct.pack("<I", kind) + value
    body = b""
    for name, (kind, shape, data) in tensors.items():
        head += text(name) + struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
        head += struct.pack("<IQ", kind, len(body))
        body += data + bytes(-len(data) % 32)
    return head + bytes(-len(head) % 32) + body


def picture(form: str, colour: tuple[int, int, int] = (255, 0, 0), **options: Any) -> bytes:
    """Return an image of 4 by 3 pixels, black but for one in its second row."""
    image = Image.new("RGB", (4, 3))
    image.putpixel((2, 1), colour)
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def _pair(path: str, form: str, field: str, first: bytes, second: bytes) -> Pair:
    return Pair(path=path, first=first, second=second, format=form, field=field)


_GREEN = (0, 255, 0)
PAIRS = (
    _pair("a.msgpack", "MessagePack", "$.a[1]", msgpack.packb({"a": [1, 2]}),
          msgpack.packb({"a": [1, 3]})),
    _pair("a.cbor", "CBOR", "$.a[1]", cbor2.dumps({"a": [1, 2]}), cbor2.dumps({"a": [1, 3]})),
    _pair("a.avro", "Avro", "Avro, row 2, column b", avro({"a": 1, "b": "x"}, {"a": 2, "b": "y"}),
          avro({"a": 1, "b": "x"}, {"a": 2, "b": None})),
    _pair("a.orc", "ORC", "ORC, row 2, column a", orc({"a": [1, 2]}), orc({"a": [1, 3]})),
    _pair("a.mat", "MATLAB", "MATLAB w: element [0, 1]", matlab(w=np.array([1, 2])),
          matlab(w=np.array([1, 3]))),
    _pair("a.nc", "netCDF", "netCDF attribute history", netcdf([1, 2]),
          netcdf([1, 2], history="remade")),
    _pair("a.rds", "R", "R a[0]", r_data({"a": "x"}), r_data({"a": "y"})),
    _pair("a.gguf", "GGUF", "GGUF tensor w: element [1] differs by 4194304 ULP", gguf(),
          gguf(tensors={"w": (0, (2,), struct.pack("<2f", 1, 3))})),
    *(
        _pair(f"a.{form}", form, f"{name} row 1, pixel 2", picture(name), picture(name, _GREEN))
        for form, name in (("TIFF", "TIFF"), ("GIF", "GIF"))
    ),
    _pair("a.webp", "WebP", "WEBP row 1, pixel 2", picture("WEBP", lossless=True),
          picture("WEBP", _GREEN, lossless=True)),
    _pair("a.jpeg", "JPEG", "JPEG comment", picture("JPEG", comment=b"one"),
          picture("JPEG", comment=b"two")),
)  # fmt: skip
