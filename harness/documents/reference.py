"""The page that tells a person which keys a document may have, made from its JSON Schema."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.documents.key import Place, Schema, short
from harness.documents.schema import ANY, EACH, Row, at, rows

_KINDS = {"string": "string", "integer": "integer", "number": "float", "boolean": "boolean"}
_MANY = {"string": "array of strings", "object": "array of tables"}
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def page(whole: Schema) -> Iterator[str]:
    """Yield a section a key: its meaning, type and default, and an example."""
    for row in rows(whole):
        yield f"## {path(row)}\n\n{row.said['description']}\n\n"
        yield f"*{_kind(whole, row)}; {_default(whole, row)}*\n\n"
        yield f"```toml\n{example(whole, row)}```\n\n"


def path(row: Row) -> str:
    """Return the place of a key as people write it."""
    return ".".join(step for step in row.place if isinstance(step, str))


def example(whole: Schema, row: Row) -> str:
    """Return a key with the example of it, in its table, as TOML."""
    above, name = row.place[:-1], str(row.place[-1])
    (value,) = row.said["examples"]
    if _kind(whole, row) == _MANY["object"]:
        (one,) = value
        return f"[[{name}]]\n" + "".join(_line(key, inner) for key, inner in one.items())
    if isinstance(value, Mapping):
        lines = (_line(key, inner) for key, inner in value.items())
        return f"{header(whole, row.place)}\n{''.join(lines)}"
    return (f"{header(whole, above)}\n" if above else "") + _line(name, value)


def inline(value: Any) -> str:
    """Return a value as TOML in one line."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(_line(key, inner).rstrip() for key, inner in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(inline, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _line(key: str, value: Any) -> str:
    name = key if _BARE.fullmatch(key) else json.dumps(key, ensure_ascii=False)
    return f"{name} = {inline(value)}\n"


def header(whole: Schema, table: Place) -> str:
    """Return the line that begins a table; what a mapping maps there is that of its example."""
    steps: list[str] = []
    for index, step in enumerate(table):
        if step == ANY:
            (mapping,) = at(whole, table[:index])["examples"]
            steps.append(json.dumps(next(iter(mapping))))
        elif isinstance(step, str):
            steps.append(step)
    path = ".".join(steps)
    return f"[[{path}]]" if EACH in table else f"[{path}]"


def _kind(whole: Schema, row: Row) -> str:
    said = row.said
    if "x-kind" in said:
        return str(said["x-kind"])
    if "enum" in said:
        return "one of " + ", ".join(f"`{name}`" for name in said["enum"])
    if said["type"] == "array":
        return _MANY[at(whole, (*row.place, EACH))["type"]]
    bounds = f", {short(said['minimum'])} to {short(said['maximum'])}" if "minimum" in said else ""
    return f"{_KINDS[said['type']]}{bounds}"


def _default(whole: Schema, row: Row) -> str:
    if row.required:
        above = row.place[:-1]
        return f"required where there is `{header(whole, above)}`" if above else "required"
    if "x-default" in row.said:
        return f"default: {row.said['x-default']}"
    if row.said["type"] == "object":
        return "default: empty"
    return f"default: {inline(row.said['default'])}" if "default" in row.said else "default: none"
