"""ONNX models: fields by the names of onnx.proto, nodes and tensors by their own, and elements.

A model is a message of protocol buffers. Weights that lie in a file beside the model are named by
their place and not read.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

from harness.formats import elements
from harness.formats.arrays import protobuf
from harness.formats.arrays.onnx_schema import MESSAGES
from harness.formats.arrays.protobuf import Field, Reader
from harness.formats.change import At, BeyondBoundError, Change, Content, Kind, Place, Step
from harness.formats.elements import Part, Scalar
from harness.formats.fields import differing, order, shown, unique

_DEPTH = 30
_NAMES = {
    "AttributeProto": ("name",),
    "DeviceConfigurationProto": ("name",),
    "FunctionProto": ("name",),
    "NodeProto": ("name", "output"),
    "OperatorSetIdProto": ("domain",),
    "StringStringEntryProto": ("key",),
    "TensorAnnotation": ("tensor_name",),
    "TensorProto": ("name",),
    "ValueInfoProto": ("name",),
}
"""The fields that tell the messages of one kind apart: the first one that is not empty."""
_TYPES = {
    1: "float32",
    2: "uint8",
    3: "int8",
    4: "uint16",
    5: "int16",
    6: "int32",
    7: "int64",
    9: "bool",
    10: "float16",
    11: "float64",
    12: "uint32",
    13: "uint64",
    14: "complex64",
    15: "complex128",
    16: "bfloat16",
}
_DIMS, _TYPE = 1, 2
_ELEMENTS = {9: "", 4: "float32", 10: "float64"}
"""Fields of a tensor that hold elements as they lie in memory: of its type or of another one."""

_Fields = Mapping[int, Sequence[Field]]


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield each differing field by its path, texts and numbers of a message before its parts.

    Raises:
        ValueError: no ONNX, too large, or damaged.

    """
    ours, theirs = (Part(content=it, start=0, size=len(it)) for it in (first, second))
    yield from _Comparison().messages("", "ModelProto", ours, theirs)


class _Comparison:
    """Two models, whose fields are counted together."""

    def __init__(self) -> None:
        self._reader = Reader()

    def messages(
        self, path: str, kind: str, first: Part, second: Part, depth: int = 0
    ) -> Iterator[Change]:
        """Yield what differs in two messages of one kind; places go on from `path`."""
        if protobuf.same(first, second):
            return
        if depth == _DEPTH:
            raise BeyondBoundError(f"ONNX messages nested more than {_DEPTH} deep are not read")
        ours, theirs = self._fields(first), self._fields(second)
        yield from _plain(path, kind, ours, theirs)
        for number, (name, inner) in MESSAGES[kind].items():
            if inner in MESSAGES:
                one, other = (self._labelled(inner, it.get(number, [])) for it in (ours, theirs))
                yield from self._matched(path + name, inner, one, other, depth + 1)

    def _matched(
        self, path: str, kind: str, first: dict[str, Part], second: dict[str, Part], depth: int
    ) -> Iterator[Change]:
        """Compare messages by their names; by their places where as many have other names."""
        if first.keys() != second.keys() and len(first) == len(second):
            second = dict(zip(first, second.values(), strict=True))
        yield from order((*_place(path), Step(At.FIELD, "order")), list(first), list(second))
        for name in dict.fromkeys((*first, *second)):
            label = f"{path} {name}".rstrip()
            if name in first and name in second:
                yield from self.messages(f"{label}.", kind, first[name], second[name], depth)
            else:
                ours, theirs = (
                    f"{it[name].size} bytes" if name in it else "" for it in (first, second)
                )
                yield Change(kind=Kind.PRESENCE, place=_place(label), first=ours, second=theirs)

    def _labelled(self, kind: str, fields: Sequence[Field]) -> dict[str, Part]:
        """Return messages by their names, or by their places where they have none."""
        found: list[tuple[str, Part]] = []
        for place, field in enumerate(fields):
            if not field.sized:
                raise ValueError(f"ONNX field {field.number} is no {kind}")
            name = self._name(kind, field.data)
            found.append((name or (str(place) if len(fields) > 1 else ""), field.data))
        return unique(found)

    def _name(self, kind: str, message: Part) -> str:
        wanted = _NAMES.get(kind, ())
        fields = self._fields(message) if wanted else {}
        names = {name: number for number, (name, _) in MESSAGES[kind].items()}
        found = (_shown(fields.get(names[name], [])[:1], "text") for name in wanted)
        return next((shown(text) for text in found if text), "")

    def _fields(self, message: Part) -> dict[int, list[Field]]:
        found: dict[int, list[Field]] = {}
        for field in self._reader.fields(message):
            found.setdefault(field.number, []).append(field)
        return found


def _place(path: str) -> Place:
    return Step(At.PART, "ONNX"), Step(At.NAME, path)


def _plain(path: str, kind: str, first: _Fields, second: _Fields) -> Iterator[Change]:
    """Yield the differing fields that are no messages; those that have no name come last."""
    for number in dict.fromkeys((*MESSAGES[kind], *first, *second)):
        name, inner = MESSAGES[kind].get(number, (f"field {number}", ""))
        one, other = first.get(number, []), second.get(number, [])
        if kind == "TensorProto" and number in _ELEMENTS and _comparable(one, other):
            type_, shape = _array(_ELEMENTS[number], first, one[0].data.size)
            parts = one[0].data, other[0].data
            yield from elements.compare(_place(path[:-1]), type_, shape, parts)
        elif inner not in MESSAGES:
            place = _place(path + name)
            yield from differing({place: _shown(one, inner)}, {place: _shown(other, inner)})


def _comparable(first: Sequence[Field], second: Sequence[Field]) -> bool:
    """Return whether two fields hold as many bytes, in one piece each."""
    sizes = [[field.data.size for field in fields if field.sized] for fields in (first, second)]
    return len(sizes[0]) == 1 and sizes[0] == sizes[1] and len(first) == len(second) == 1


def _array(name: str, fields: _Fields, size: int) -> tuple[Scalar, Sequence[int]]:
    """Return type and shape to compare by: bytes in a row for types that C lacks."""
    code = _shown(fields.get(_TYPE, []), "int")
    name = name or (_TYPES.get(code, "") if isinstance(code, int) else "")
    shape = [value for field in fields.get(_DIMS, []) for value in protobuf.values(field, "int")]
    type_ = elements.scalar(name) if name else elements.opaque("bytes", 1)
    if size % type_.size:
        type_ = elements.opaque("bytes", 1)
    sizes = elements.checked(shape)
    return type_, sizes if math.prod(sizes) * type_.size == size else (size // type_.size,)


def _shown(fields: Sequence[Field], kind: str) -> object:
    """Return what a field holds: nothing, one value, or the list of its values."""
    found: list[object] = []
    for field in fields:
        found += protobuf.values(field, kind or ("bytes" if field.sized else "int"))
    return found[0] if len(found) == 1 else found or ""
