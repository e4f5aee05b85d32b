"""Answers of a service as fields: a path, and a tensor there, whatever the protocol.

Open Inference V2 names its tensors; MLflow and any other JSON become tensors by path. A list of
numbers, however nested, is one tensor; a list of objects is one of columns. Whatever does not keep
to its protocol is read as JSON, and what is not JSON is one field of bytes: reading never fails.
"""

import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from types import NoneType
from typing import Any

from harness.record.core.exchange import Headers, Request, Response
from harness.render.shortened import shortened
from harness.shadow.core.answers import literals
from harness.shadow.core.answers.binary_tensors import filled, json_size
from harness.shadow.core.answers.bodies import (
    Body,
    Columns,
    Document,
    Opaque,
    Part,
    Parts,
    Stream,
    body_of,
    is_marked,
)
from harness.shadow.core.answers.headers import NUMBERS, PREFIX, compared
from harness.shadow.core.answers.protocols import Protocol
from harness.shadow.core.answers.tensor import Tensor, rectangle

MAX_FIELDS = 10_000
"""Ragged lists make a field of each item; what is beyond is compared by its text alone."""

KINDS = ":kinds"
"""Ends the name of a column that holds of which kinds a field's values are, in their order."""

MALFORMED = "malformed length of JSON"
"""The outcome of an answer whose headers contradict its body, whatever its status."""

_OWN_KEYS = frozenset({"name", "datatype", "shape", "data"})
_DATATYPES = {str: "string", bool: "boolean", NoneType: "null"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back: a status code as text, or the name of what went wrong, and the body.

    `json_size` is how many bytes of the body are JSON, before those of binary tensors; None if its
    headers did not say. `headers` are those that are compared, as `headers.compared` returns them;
    `asked_id` is the id that an Open Inference request gave, if it did.
    """

    outcome: str
    body: bytes
    json_size: int | None = None
    headers: Headers = ()
    asked_id: str | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the service answered with success."""
        return len(self.outcome) == len("200") and self.outcome.startswith("2")

    @property
    def error_class(self) -> str:
        """How it failed: the hundred of a status from 400, or the name of what broke."""
        if not self.outcome.isdigit():
            return self.outcome
        return self.outcome[0] if self.outcome >= "4" else ""


Answer = Mapping[str, Tensor]


def reply_to(
    response: Response, *, asked_id: str | None = None, declared: frozenset[str] = frozenset()
) -> Reply:
    """Return what a comparison needs of a response; `declared` headers are compared besides."""
    try:
        outcome, size = str(response.status), json_size(response.headers, response.body)
    except ValueError:
        outcome, size = MALFORMED, None
    return Reply(
        outcome=outcome,
        body=response.body,
        json_size=size,
        headers=compared(response.headers, declared),
        asked_id=asked_id,
    )


def id_of(request: Request, protocol: Protocol) -> str | None:
    """Return the id that an answer must have, which is the request's; None if that gave none."""
    if not protocol.echoes_id:
        return None
    try:
        document = json.loads(request.body[: json_size(request.headers, request.body)])
    except (ValueError, RecursionError):
        return None
    found = document.get("id") if isinstance(document, dict) else None
    return found if isinstance(found, str) and found else None


def read(reply: Reply, protocol: Protocol, *, as_doubles: bool = False) -> Answer:
    """Return the fields of a reply by path, such as `outputs.score` or `predictions[].label`.

    Those of its headers are `header:` and their name in lower case, and come last.
    """
    fields = _fields(reply, protocol, as_doubles=as_doubles)
    for name, value in reply.headers:
        counts = name in NUMBERS and value.isdecimal()
        data = value.encode() if counts else value
        fields[PREFIX + name] = _single("number" if counts else "string", data)
    return fields


def _fields(reply: Reply, protocol: Protocol, *, as_doubles: bool) -> dict[str, Tensor]:
    content_type = dict(reply.headers).get("content-type", "")
    size = reply.json_size if protocol.is_binary else None
    fields: dict[str, Tensor] = {}
    body = body_of(reply.body[:size], content_type, as_doubles=as_doubles)
    _collect_mark(fields, reply.body, "body")
    if size is not None:
        body = _filled(body, reply, size, as_doubles=as_doubles)
    if isinstance(body, Document):
        if protocol.echoes_id:
            body = replace(body, value=_without_id(fields, body.value, reply.asked_id))
        if (outputs := protocol.outputs(body.value)) is not None:
            for name, (output, tensor) in outputs.items():
                fields[path := _below("outputs", name)] = tensor
                _collect_rest(fields, output, _OWN_KEYS, path)
            _collect_rest(fields, body.value, {"outputs"}, "")
            return fields
    _collect_body(fields, body, "", as_doubles=as_doubles)
    return fields


def _filled(body: Body, reply: Reply, size: int, *, as_doubles: bool) -> Body:
    """Return a document with its binary tensors in place; what has none is as it came."""
    reason = "bytes"
    if isinstance(body, Document):
        try:
            found = filled(body.value, reply.body[size:], as_doubles=as_doubles)
            return replace(body, value=found)
        except ValueError as error:
            reason = str(error)
    return Opaque(datatype=reason, value=reply.body)


def _collect_body(fields: dict[str, Tensor], body: Body, path: str, *, as_doubles: bool) -> None:
    """Add the fields of a body, or of a part of one, below `path`."""
    match body:
        case Document(value=value):
            _collect(fields, value, path)
        case Stream(name=name, documents=documents):
            _collect_stream(fields, documents, _below(path, name))
        case Columns():
            _collect_columns(fields, body, f"{_below(path, 'rows')}[]")
        case Parts(parts=parts, closed=closed):
            if not closed:
                fields[f"{_below(path, 'parts')}:unfinished"] = _single("boolean", True)
            for part in parts:
                below = _below(_below(path, "parts"), part.name)
                _collect_part(fields, part, below, as_doubles=as_doubles)
        case _:
            fields[path or "body"] = _single(body.datatype, body.value)


def _collect_mark(fields: dict[str, Tensor], data: bytes, path: str) -> None:
    if is_marked(data):
        fields[f"{path}:byte order mark"] = _single("boolean", True)


def _collect_columns(fields: dict[str, Tensor], table: Columns, path: str) -> None:
    fields[f"{path}:columns"] = _row("string", list(table.columns))
    fields[f"{path}:delimiter"] = _single("string", table.delimiter)
    for name, values in table.columns.items():
        _collect(fields, values, _below(path, name))
    for name, missing in table.blank.items():
        fields[f"{_below(path, name)}:empty"] = _row("boolean", missing)


def _collect_part(fields: dict[str, Tensor], part: Part, path: str, *, as_doubles: bool) -> None:
    fields[f"{path}:content-type"] = _single("string", part.content_type)
    if part.disposition:
        fields[f"{path}:content-disposition"] = _single("string", part.disposition)
    _collect_mark(fields, part.body, path)
    body = body_of(part.body, part.content_type, as_doubles=as_doubles)
    if isinstance(body, Parts):
        body = Opaque(datatype="bytes", value=part.body)
    _collect_body(fields, body, path, as_doubles=as_doubles)


def _collect_stream(fields: dict[str, Tensor], documents: list[Any], path: str) -> None:
    """Add a column for each field of any document, and which fields each document has.

    Where values of a field are of several kinds, each has a column, and their order another.
    """
    columns: dict[tuple[str, str], tuple[str, list[Any]]] = {}
    kinds: dict[str, list[str]] = {}
    shapes = []
    for document in documents:
        leaves: dict[str, Tensor] = {}
        _collect(leaves, document, f"{path}[]")
        for name, tensor in leaves.items():
            kind = "number" if tensor.datatype == "integer" else tensor.datatype
            datatype, data = columns.get((name, kind), (tensor.datatype, []))
            wider = datatype if datatype == tensor.datatype else kind
            columns[name, kind] = (wider, data)
            kinds.setdefault(name, []).append(kind)
            data += tensor.data
        shapes.append(tuple((name, leaves[name].shape) for name in sorted(leaves)))
    fields[f"{path}[]:fields"] = _row("fields", shapes)
    for (name, kind), (datatype, data) in columns.items():
        fields[name if name not in fields else f"{name}:{kind}"] = _row(datatype, data)
    for name, order in kinds.items():
        if len(set(order)) > 1:
            fields[f"{name}{KINDS}"] = _row("string", order)


def _single(datatype: str, value: Any) -> Tensor:
    return Tensor(datatype=datatype, shape=(), data=[value])


def _row(datatype: str, data: list[Any]) -> Tensor:
    return Tensor(datatype=datatype, shape=(len(data),), data=data)


def _without_id(fields: dict[str, Tensor], document: Any, asked_id: str | None) -> Any:
    """Take an answer's id out: the service's own says nothing, the request's must come back."""
    if not isinstance(document, dict) or "id" not in document:
        return document
    if asked_id is not None:
        echoed = "the request's" if document["id"] == asked_id else "not the request's"
        fields["id"] = _single("string", echoed)
    return {key: value for key, value in document.items() if key != "id"}


def _collect_rest(
    fields: dict[str, Tensor], document: dict[str, Any], known: AbstractSet[str], path: str
) -> None:
    if rest := {key: value for key, value in document.items() if key not in known}:
        _collect(fields, rest, path)


def _collect(fields: dict[str, Tensor], document: Any, path: str) -> None:
    """Add the fields of any JSON below `path`, without recursion."""
    pending = [(path, document)]
    while pending:
        path, value = pending.pop()
        if tensor := _inferred(value):
            fields[path or "body"] = tensor
        elif len(fields) + len(pending) + len(value) > MAX_FIELDS:
            fields[path or "body"] = Tensor(datatype="object", shape=(), data=[value])
        else:
            pending += reversed(_parts(value, path))


def _parts(value: Any, path: str) -> list[tuple[str, Any]]:
    """Return what an object or an uneven list consists of, by path and in order."""
    if isinstance(value, dict):
        return [(_below(path, key), below) for key, below in value.items()]
    if columns := _columns(value):
        return [(_below(f"{path}[]", key), column) for key, column in columns.items()]
    return [(f"{path}[{index}]", below) for index, below in enumerate(value)]


def _inferred(value: Any) -> Tensor | None:
    """Return the tensor that a JSON value is, or None if it must be taken apart."""
    if datatype := _DATATYPES.get(type(value)):
        return Tensor(datatype=datatype, shape=(), data=[value])
    shape, data = rectangle(value)
    kinds = set(map(type, data))
    if kinds and kinds <= {bytes, float}:
        is_integer = float not in kinds and literals.are_integers(data)
        datatype = "integer" if is_integer else "number"
    elif len(kinds) == 1 and (kind := kinds.pop()) in _DATATYPES:
        datatype = _DATATYPES[kind]
    elif value in ([], {}):
        datatype = "empty"
    else:
        return None
    return Tensor(datatype=datatype, shape=shape, data=data)


def _columns(rows: list[Any]) -> dict[str, list[Any]]:
    """Return the columns of objects that have the same keys, or nothing."""
    keys = rows[0].keys() if isinstance(rows[0], dict) else set()
    if any(not isinstance(row, dict) or row.keys() != keys for row in rows):
        return {}
    return {key: [row[key] for row in rows] for key in keys}


def _below(path: str, key: str) -> str:
    """Return the path of a key; one that is not a plain word is quoted as in JSON.

    A long one is shortened: an answer chooses its keys, and each may stand in the report.
    """
    key = shortened(key)
    if not key.isidentifier():
        return f"{path}[{json.dumps(key)}]"
    return f"{path}.{key}" if path else key
