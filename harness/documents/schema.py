"""The JSON Schema of tables that are declared as `harness.documents.key` says.

It is what editors check a document by, and what the pages and the errors are made from.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from harness.documents.key import Keys, Place, Schema

_KINDS = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "object": "a table",
}
ANY, EACH = "*", 0
_PLURALS = {"string": "strings", "object": "tables", "array": "arrays"}


_ADAPTERS: dict[type[Keys], TypeAdapter[Any]] = {}


def adapter(kind: type[Keys]) -> TypeAdapter[Any]:
    """Return pydantic's reader of a table, which is made once."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def schema(*kinds: type[Keys]) -> Schema:
    """Return the JSON Schema of a document that holds the keys of all these tables."""
    own, found = TypeAdapter.json_schemas(
        [(index, "validation", adapter(kind)) for index, kind in enumerate(kinds)],
        schema_generator=_AsDeclared,
    )
    definitions = {name: _plain(one) for name, one in found["$defs"].items()}
    parts = [definitions.pop(one["$ref"].rpartition("/")[2]) for one in own.values()]
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {key: said for part in parts for key, said in part["properties"].items()},
        "required": [key for part in parts for key in part.get("required", [])],
        "$defs": definitions,
    }


class _AsDeclared(GenerateJsonSchema):
    """Keys stay in the order in which they are declared."""

    def sort(self, value: Any, parent_key: str | None = None) -> Any:  # noqa: ARG002 - pydantic's signature
        return value


def _plain(node: Any) -> Any:
    """Return a schema without generated titles, null, and defaults that stand for others."""
    if isinstance(node, list):
        return [_plain(one) for one in node]
    if not isinstance(node, dict):
        return node
    kept = {
        key: {name: _plain(one) for name, one in value.items()}
        if key == "properties"
        else _plain(value)
        for key, value in node.items()
        if not (key == "title" and isinstance(value, str))
        and not (key == "default" and (value is None or "x-default" in node))
    }
    if "patternProperties" in kept:
        ((pattern, inside),) = kept.pop("patternProperties").items()
        kept |= {"propertyNames": {"pattern": pattern}, "additionalProperties": inside}
    others = [one for one in kept.get("anyOf", []) if one != {"type": "null"}]
    if len(others) == 1:
        return {**others[0], **{key: kept[key] for key in kept if key != "anyOf"}}
    return kept


def at(whole: Schema, place: Place) -> Schema:
    """Return what is said of a place in a document; nothing where nothing may stand there."""
    node = whole
    for step in place:
        node = _resolved(whole, node)
        below = node.get("items") if isinstance(step, int) else _below(node, step)
        node = below if isinstance(below, dict) else {}
    return _resolved(whole, node)


def names(node: Schema) -> list[str]:
    """Return the keys that a table may have."""
    return list(node.get("properties", {}))


def expected(node: Schema, whole: Schema) -> str:
    """Return what may stand at a place, as an error says it."""
    kind = node.get("type", "")
    if kind != "array":
        return _KINDS.get(kind, "another value")
    return f"an array of {_PLURALS[_resolved(whole, node['items'])['type']]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One key of a document: its place, what is said of it, whether its table has to have it.

    In a place `ANY` stands for the names of a table that maps, `EACH` for the tables of an array.
    """

    place: Place
    said: Schema
    required: bool


def rows(whole: Schema, above: Place = ()) -> Iterator[Row]:
    """Yield each key that may stand below a place, from the outside in."""
    table = at(whole, above)
    for name in names(table):
        place = (*above, name)
        said = at(whole, place)
        if "examples" in said:
            yield Row(place=place, said=said, required=name in table.get("required", []))
        yield from rows(whole, place)
        for inside, step in (("items", EACH), ("additionalProperties", ANY)):
            if isinstance(said.get(inside), dict):
                yield from rows(whole, (*place, step))


def defaults(whole: Schema, place: Place = ()) -> dict[str, Any]:
    """Return what holds in a table where nothing is said, as far as a value can show it."""
    found: dict[str, Any] = {}
    for name in names(at(whole, place)):
        said = at(whole, (*place, name))
        if "properties" in said and "default" in said:
            found[name] = defaults(whole, (*place, name))
        elif "default" in said or isinstance(said.get("additionalProperties"), dict):
            found[name] = said.get("default", {})
    return found


def _below(node: Schema, key: str) -> Any:
    return node.get("properties", {}).get(key, node.get("additionalProperties"))


def _resolved(whole: Schema, node: Schema) -> Schema:
    """Return a node with what it refers to; what it says itself stands above that."""
    reference = node.get("$ref")
    if reference is None:
        return node
    name = reference.rpartition("/")[2]
    found: Schema = whole["$defs"][name]
    return {**found, **{key: value for key, value in node.items() if key != "$ref"}}
