"""The JSON Schema of a value that is printed as its dataclasses are, for `ci/generate`."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

NUMBER = {"anyOf": [{"type": "number"}, {"enum": ["inf", "-inf", "nan"]}]}
PLAIN = {str: {"type": "string"}, int: {"type": "integer"}, bool: {"type": "boolean"}}


def described(kind: type, verb: str, title: str, **more: Any) -> dict[str, Any]:
    """Return the schema of a dataclass as `harness.shadow.core.result.as_object` prints it."""
    named: dict[str, Any] = {}
    body = _object(kind, named, more)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:harness:json:{verb}",
        "title": title,
    }
    return {**head, **body, "$defs": dict(sorted(named.items()))}


def _object(kind: type, named: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    properties = {
        **more,
        **{each.name.replace("_", "-"): _schema(hints[each.name], named) for each in fields(kind)},
    }
    text = inspect.getdoc(kind) or ""
    return {
        "type": "object",
        "description": " ".join(text.split()),
        "required": list(properties),
        "properties": properties,
    }


def _schema(kind: Any, named: dict[str, Any]) -> dict[str, Any]:
    if kind in PLAIN:
        return PLAIN[kind]
    if kind is float:
        return NUMBER
    if kind is Any:
        return {}
    if is_dataclass(kind):
        return _reference(kind, named)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"enum": [str(one) for one in kind]}
    return _composed(get_origin(kind), get_args(kind), named)


def _reference(kind: Any, named: dict[str, Any]) -> dict[str, Any]:
    if kind.__name__ not in named:
        named[kind.__name__] = {}
        named[kind.__name__] = _object(kind, named, {})
    return {"$ref": f"#/$defs/{kind.__name__}"}


def _composed(origin: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
    if origin in {Union, UnionType}:
        kept = [_schema(one, named) for one in arguments if one is not NoneType]
        return {"anyOf": [*kept, {"type": "null"}]} if NoneType in arguments else {"anyOf": kept}
    if issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _schema(arguments[1], named)}
    if issubclass(origin, tuple) and arguments[-1] is not ...:
        items = [_schema(one, named) for one in arguments]
        size = len(items)
        return {"type": "array", "prefixItems": items, "minItems": size, "maxItems": size}
    if issubclass(origin, Sequence):
        return {"type": "array", "items": _schema(arguments[0], named)}
    raise TypeError(f"{origin}: say in ci/described.py how it is printed")
