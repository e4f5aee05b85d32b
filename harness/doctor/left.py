"""What killed runs left on this machine, found and removed; what lives is let alone.

Processes are ended first, as they would go on to write; then containers, images, what Nix left
beside its paths, temporary directories and files that were to take the place of others.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.container.engine import Engine
from harness.host import remains
from harness.host.files import Kind
from harness.host.remains import Note, Orphan
from harness.store import nix


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """One thing that a killed run left: its kind in a word, and what names it."""

    kind: str
    name: str


def find(engine: Engine | None = None) -> list[Left]:
    """Return what killed runs left; without an engine, containers and images are not looked for."""
    notes = remains.notes()
    found = [_process(one) for one in remains.orphans(_directories(notes))]
    if engine:
        found += [Left(kind="container", name=name) for name in engine.left_over()]
    return found + [
        Left(kind=_WORDS.get(note.kind, note.kind), name=name)
        for note in notes
        for name in note.names
        if _is_there(note.kind, name, engine)
    ]


def clean(engine: Engine | None = None) -> list[Left]:
    """Remove what killed runs left and return what that was.

    What cannot be removed now, such as an image without an engine, stays noted.

    Raises:
        ToolError: the engine cannot remove a container or image, or Nix does not work.

    """
    notes = remains.notes()
    removed = [_process(one) for one in remains.end(_directories(notes))]
    if engine:
        removed += [Left(kind="container", name=name) for name in engine.remove_left_over()]
    for note in notes:
        removed += _undone(note, engine)
    for owner in remains.owners():
        remains.forget(owner)
    return removed


_LOADING, _PAUSE = 30.0, 3.0
"""Seconds in which an image may come after all, and what is waited for it."""
_WORDS = {Kind.STORE: "rebuilt tree"}


def _process(orphan: Orphan) -> Left:
    return Left(kind="process", name=f"{orphan.number} ({orphan.command})")


def _directories(notes: list[Note]) -> list[str]:
    return [
        os.path.basename(name)
        for note in notes
        if note.kind is Kind.DIRECTORY
        for name in note.names
        if remains.is_possible(name)
    ]


def _undone(note: Note, engine: Engine | None) -> list[Left]:
    there = [name for name in note.names if _is_there(note.kind, name, engine)]
    if engine and note.kind is Kind.IMAGE and not there and remains.age(note) < _LOADING:
        time.sleep(_PAUSE)  # the engine may be about to end what it was told to load
        there = [name for name in note.names if _is_there(note.kind, name, engine)]
    for name in there:
        _REMOVERS[note.kind](name, engine)
    stays = [name for name in there if _is_there(note.kind, name, engine)]
    if not stays and (engine or note.kind is not Kind.IMAGE):
        note.file.unlink(missing_ok=True)
    word = _WORDS.get(note.kind, note.kind)
    return [Left(kind=word, name=name) for name in there if name not in stays]


def _is_there(kind: Kind, name: str, engine: Engine | None) -> bool:
    match kind:
        case Kind.STORE:
            path = name.removesuffix(".check")
            return path != name and nix.is_store_path(path) and os.path.lexists(name)
        case Kind.IMAGE:
            return engine is not None and engine.has_nameless(name)
        case _:
            return remains.is_there(name)


def _remove_image(name: str, engine: Engine | None) -> None:
    if engine:
        engine.remove_image(name)


_REMOVERS: dict[Kind, Callable[[str, Engine | None], None]] = {
    Kind.DIRECTORY: lambda name, _: remains.remove(name),
    Kind.FILE: lambda name, _: remains.remove(name),
    Kind.STORE: lambda name, _: nix.discard(Path(name)),
    Kind.IMAGE: _remove_image,
}
