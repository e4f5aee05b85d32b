"""What `--json` prints, held against docs/schemas: all that is promised, and nothing besides."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import click
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

import harness

DIRECTORY = Path(harness.__file__).parents[1] / "docs/schemas"
_SUFFIX = ".schema.json"
_FORMATS = Draft202012Validator.FORMAT_CHECKER


def schemas() -> dict[str, Any]:
    """Each schema by the verb that it is of."""
    return {
        path.name.removesuffix(_SUFFIX): json.loads(path.read_text())
        for path in sorted(DIRECTORY.glob(f"*{_SUFFIX}"))
    }


def check(verb: str, printed: str) -> Any:
    """Return what a verb printed, which its schema or that of errors describes wholly."""
    value = json.loads(printed)
    is_error = isinstance(value, dict) and value.keys() == {"error", "exit-code"}
    _validators()["error" if is_error else verb].validate(value)
    return value


def check_here(printed: str) -> None:
    """Hold what the command that runs here printed against its schema."""
    context = click.get_current_context(silent=True)
    if context and context.command.callback:
        check(context.command.callback.__module__.rpartition(".")[2], printed)


@cache
def _validators() -> dict[str, Draft202012Validator]:
    closed = {verb: _closed(schema) for verb, schema in schemas().items()}
    named = [(one["$id"], Resource.from_contents(one)) for one in closed.values()]
    registry: Registry[Any] = Registry().with_resources(named)
    return {
        verb: Draft202012Validator(one, registry=registry, format_checker=_FORMATS)
        for verb, one in closed.items()
    }


def _closed(schema: Any) -> Any:
    """Return a schema that allows no property that it does not name: a test wants to know of it."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _closed(value) for key, value in schema.items()}
    if schema.get("type") == "object" and isinstance(schema.get("properties"), dict):
        made.setdefault("additionalProperties", False)
    return made
