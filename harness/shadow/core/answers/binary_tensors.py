"""Tensors that follow an answer's JSON as bytes (Open Inference V2's binary tensor data extension).

An HTTP header `Inference-Header-Content-Length` says how long the JSON is. An output there whose
parameter `binary_data_size` is a number has no `data`: its values are the next so many bytes, in
row-major order, little-endian, without padding. Read back, they stand where JSON would have had
them, as `literals` reads JSON, so that an answer is the same whichever way it came.
"""

import math
import struct
from collections.abc import Callable, Sequence
from typing import Any

from harness.record.core.exchange import LENGTH_HEADER, Headers

MAX_VALUES = 5_000_000
"""Values of all tensors together; each takes some hundred bytes of memory."""

_MAX_RANK = 64
_MAX_DIGITS = len(str(2**63))
_SIZE_KEY = "binary_data_size"
_LENGTH = struct.Struct("<I")
_NAMES = {"nan": b"NaN", "inf": b"Infinity", "-inf": b"-Infinity"}


def json_size(headers: Headers, body: bytes) -> int | None:
    """Return how many bytes of a message's body are JSON; None if its headers leave it all JSON.

    Raises:
        ValueError: the header comes twice, is not a number, or says more than there is.
    """
    said = [value.strip(" \t") for name, value in headers if name.lower() == LENGTH_HEADER]
    if not said:
        return None
    if len(said) > 1:
        raise ValueError("the length of the JSON is said twice")
    (text,) = said
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        raise ValueError("the length of the JSON is not a number")
    if int(text) > len(body):
        raise ValueError("the JSON is longer than the body")
    return int(text)


def filled(document: Any, binary: bytes, *, as_doubles: bool = False) -> Any:
    """Return an answer's document with its binary tensors in place, as flat `data`.

    A number is a literal, or with `as_doubles` a float if its datatype is one of fractions. Text
    that is not UTF-8 keeps its bytes as lone surrogates. The document is left as it is.

    Raises:
        ValueError: the bytes are not those that the outputs announce.
    """
    match document:
        case {"outputs": list(outputs)}:
            read = _read(outputs, binary, as_doubles=as_doubles)
        case _ if binary:
            raise ValueError("binary data without outputs")
        case _:
            return document
    return document | {"outputs": read}


def _read(outputs: list[Any], binary: bytes, *, as_doubles: bool) -> list[Any]:
    read, place, room = [], 0, MAX_VALUES
    for output in outputs:
        size = _announced(output)
        if size is None:
            read.append(output)
            continue
        if size > len(binary) - place:
            raise ValueError("binary data end early")
        data = _values(output, binary[place : place + size], room, as_doubles=as_doubles)
        place, room = place + size, room - len(data)
        parameters = {key: value for key, value in output["parameters"].items() if key != _SIZE_KEY}
        rest = {key: value for key, value in output.items() if key != "parameters"}
        read.append(rest | ({"parameters": parameters} if parameters else {}) | {"data": data})
    if place != len(binary):
        raise ValueError(f"{len(binary) - place} bytes belong to no output")
    return read


def _announced(output: Any) -> int | None:
    """Return how many bytes an output has; None if it is none, or has its data in JSON."""
    match output:
        case {"data": _}:
            return None
        case {"parameters": {"binary_data_size": size}}:
            return _size(size)
    return None


def _size(literal: Any) -> int:
    if type(literal) is not bytes or not literal.isdigit() or len(literal) > _MAX_DIGITS:
        raise ValueError("a size is not a size")
    return int(literal)


def _values(output: dict[str, Any], data: bytes, room: int, *, as_doubles: bool) -> list[Any]:
    """Return an output's values, of which there may be `room`."""
    datatype, shape = output.get("datatype"), output.get("shape")
    if not isinstance(datatype, str) or not isinstance(shape, list) or len(shape) > _MAX_RANK:
        raise ValueError("binary data of unknown type or shape")
    count = math.prod(map(_size, shape))
    if count > room:
        raise ValueError(f"more than {MAX_VALUES} values")
    if datatype == "BYTES":
        return _texts(data, count)
    if datatype not in _FIXED:
        raise ValueError("binary data of unknown type")
    width, read = _FIXED[datatype]
    if len(data) != count * width:
        raise ValueError("binary data that do not fill their shape")
    values = read(data, count)
    if datatype == "BOOL" or (as_doubles and datatype in _FRACTIONS):
        return list(values)
    return list(map(_literal, values))


def _literal(value: float) -> bytes:
    text = repr(value)
    return _NAMES.get(text) or text.encode()


def _texts(data: bytes, count: int) -> list[str]:
    """Return elements of four bytes of length and so many bytes each."""
    texts, place = [], 0
    for _ in range(count):
        start = place + _LENGTH.size
        if start > len(data):
            raise ValueError("binary data that do not fill their shape")
        (size,) = _LENGTH.unpack_from(data, place)
        place = start + size
        texts.append(data[start:place].decode(errors="surrogateescape"))
    if place != len(data):
        raise ValueError("binary data that do not fill their shape")
    return texts


def _numbers(code: str) -> tuple[int, Callable[[bytes, int], Sequence[Any]]]:
    """Return the width of a `struct` code, and what reads so many of it."""
    return struct.calcsize(f"<{code}"), lambda data, count: struct.unpack(f"<{count}{code}", data)


def _brain_floats(data: bytes, count: int) -> Sequence[float]:
    """Read BF16, which is the upper half of FP32."""
    whole = bytearray(4 * count)
    whole[2::4], whole[3::4] = data[::2], data[1::2]
    return struct.unpack(f"<{count}f", whole)


def _truths(data: bytes, _: int) -> Sequence[bool]:
    if data.translate(None, b"\0\1"):
        raise ValueError("a BOOL that is neither 0 nor 1")
    return list(map(bool, data))


_FIXED: dict[str, tuple[int, Callable[[bytes, int], Sequence[Any]]]] = {
    "BOOL": (1, _truths),
    "BF16": (2, _brain_floats),
    "FP16": _numbers("e"),
    "FP32": _numbers("f"),
    "FP64": _numbers("d"),
    **{f"INT{8 << power}": _numbers(code) for power, code in enumerate("bhiq")},
    **{f"UINT{8 << power}": _numbers(code) for power, code in enumerate("BHIQ")},
}
_FRACTIONS = frozenset({"BF16", "FP16", "FP32", "FP64"})
