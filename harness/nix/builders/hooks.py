"""Call a hook of a project's build backend (PEP 517), in the project's directory.

Run by the backend's own environment: hooks.py HOOK CONFIG RESULT, where CONFIG is a JSON object.
Where pyproject.toml names no backend, it is the one of setuptools that runs setup.py. A wheel or
metadata is put below RESULT's directory; RESULT is a JSON file with what the hook returned.
"""

import importlib
import itertools
import json
import os
import sys
import tempfile
import tomllib
from typing import Any

SETTINGS = {
    name: {"build-dir": os.path.abspath("../made-here")}
    for name in ("mesonpy", "scikit_build_core.build")
}
"""What backends are told that else compile in a directory with a name drawn at random."""
RANDOM_NAMES = "_name_sequence"
"""Where `tempfile` has the names of temporary files, of which compilers write some into a wheel."""
LEGACY = "setuptools.build_meta:__legacy__"


def main(hook: str, config: str, result: str) -> None:
    """Call the hook and write what it returns."""
    system = build_system()
    sys.path[:0] = [os.path.abspath(path) for path in system.get("backend-path", [])]
    module, _, attribute = system.get("build-backend", LEGACY).partition(":")
    backend: Any = importlib.import_module(module)
    for name in filter(None, attribute.split(".")):
        backend = getattr(backend, name)
    call = getattr(backend, hook, None)
    settings = {**SETTINGS.get(module, {}), **json.loads(config)}
    answer: Any = None
    if hook == "get_requires_for_build_wheel":
        answer = call(settings) if call else []
    elif call is None and hook == "build_editable":
        sys.exit(f"{module} makes no editable wheels; `harness build` makes a wheel of the project")
    elif call:
        answer = call(os.path.dirname(result), settings)
    with open(result, "w") as file:
        json.dump(answer, file)


def build_system() -> dict[str, Any]:
    """Return what pyproject.toml says of the backend."""
    if not os.path.exists("pyproject.toml"):
        return {}
    with open("pyproject.toml", "rb") as file:
        system: dict[str, Any] = tomllib.load(file).get("build-system", {})
    return system


if __name__ == "__main__":
    sys.path.pop(0)
    setattr(tempfile, RANDOM_NAMES, map("{:08}".format, itertools.count()))
    main(*sys.argv[1:])
