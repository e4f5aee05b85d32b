"""What the files of a lock hold and ask for, read once a file and remembered by its hash."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from harness.documents.damaged import DAMAGED
from harness.host.files import cache_directory, explained, is_own, write_atomically
from harness.host.process import Conversation
from harness.host.processors import cpus
from harness.host.remains import marked
from harness.libraries.core.dynamic import Linked
from harness.libraries.core.imports import Reach
from harness.libraries.core.missing import Wheel

_START = "import sys; sys.path[:] = sys.argv[1:]; from harness.libraries.child import main; main()"
_SECONDS = 600.0
_LONGEST = 1 << 26
_LISTS = ("modules", "packages", "opens")
_FORMAT = "7"
"""Part of the names of what is remembered; another one makes it be read anew."""

Asked = tuple[str, str, Path, str]
"""wheel, imports (of a wheel) or deb, its sha256, where it is, and a deb's directory to look at."""


def known(asked: Asked) -> Mapping[str, Any] | None:
    """Return what is remembered of a file."""
    place = _place(asked)
    try:
        value = json.loads(place.read_bytes()) if is_own(place) else None
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def read(every: Sequence[Asked]) -> list[Mapping[str, Any]]:
    """Return what each file holds, in that order; `unread` says why it could not be read.

    Raises:
        ToolError: what was found cannot be remembered.

    """
    found = [known(one) for one in every]
    absent = [one for one, value in zip(every, found, strict=True) if value is None]
    count = min(cpus(), len(absent))
    with ThreadPoolExecutor(max(count, 1)) as pool:
        parts = pool.map(_ask, [absent[start::count] for start in range(count)])
        new = {one: value for part in parts for one, value in part.items()}
    return [new[one] if value is None else value for one, value in zip(every, found, strict=True)]


def _ask(every: Sequence[Asked]) -> dict[Asked, Mapping[str, Any]]:
    """Ask a process for each; a new one where it ended."""
    found: dict[Asked, Mapping[str, Any]] = {}
    reader: Conversation | None = None
    for one in every:
        reader = reader or _started()
        try:
            reader.send(json.dumps((one[0], str(one[2]), one[3])).encode())
            found[one] = json.loads(reader.receive(_LONGEST, _SECONDS))
        except (TimeoutError, EOFError, ValueError) as error:
            reader.end()
            reader = None
            found[one] = {"unread": f"its reader ended: {type(error).__name__}"}
            continue
        if "unread" in found[one]:
            continue
        place = _place(one)
        with explained(place):
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(place, json.dumps(found[one]).encode())
    if reader:
        reader.end(1.0)
    return found


def _started() -> Conversation:
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    argv = [sys.executable, "-I", "-S", "-c", _START, *sys.path]
    return Conversation(argv, env=marked(kept))


def _place(asked: Asked) -> Path:
    kind, sha256, _, _ = asked
    return cache_directory() / "libraries" / f"{kind}-{sha256}-{_FORMAT}.json"


def wheel(package: str, value: Mapping[str, Any]) -> Wheel:
    """Return a wheel from what was read; one that makes no sense counts as not read."""
    try:
        files = {path: _linked(one) for path, one in value.get("files", {}).items()}
        loads = tuple((module, path) for module, path in value.get("loads", ()))
        modules, packages, opens = (tuple(value.get(name, ())) for name in _LISTS)
    except DAMAGED:
        return Wheel(package=package, unread="its reader answered nonsense")
    return Wheel(
        package=package,
        files=files,
        modules=modules,
        loads=loads,
        packages=packages,
        opens=opens,
        unread=value.get("unread", ""),
    )


def reach(value: Mapping[str, Any]) -> Reach | None:
    """Return which modules are imported, from what was read; nothing of what makes no sense."""
    try:
        return Reach(modules=frozenset(value["modules"]), loose=frozenset(value["loose"]))
    except DAMAGED:
        return None


def _linked(value: Mapping[str, Any]) -> Linked:
    lists = {name: tuple(value[name]) for name in ("needed", "search", "versions")}
    return Linked(soname=value["soname"], inherited=value["inherited"], **lists)
