"""Shared libraries that a package's Python source opens, by ctypes or cffi.

A function of the package's own that hands a name on to these is followed to its callers.
"""

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from harness.libraries.core.names import is_named, library_name
from harness.libraries.core.scopes import Call, Program, called
from harness.libraries.core.texts import Texts

_HINTS = (b"ctypes", b"cffi", b"dlopen", b"find_library", b"CDLL")
_OPENS = {"CDLL", "PyDLL", "LoadLibrary", "dlopen"}
_IF_LOADED = "RTLD_NOLOAD"
"""The mode of dlopen(3) that asks whether a library is there already."""
_FINDS = re.compile(r"_*(?:find|load|locate|open)_?\w*(?:lib|library|libraries|dll)", re.IGNORECASE)
_FILE = re.compile(r"lib[A-Za-z0-9_+.-]+?\.so(?:\.[0-9]+)*")
_ROUNDS = 3
_MOST = 500
"""Sources that are read because they call a function of others that opens libraries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Names as `magic`, `libmagic.so.1`, `MagickWand*`; modules with files that they must load."""

    names: frozenset[str]
    loads: frozenset[tuple[str, str]]


def opened(sources: Mapping[str, bytes], files: Collection[str]) -> Opened:
    """Return what modules open, of their sources by name, and which of a wheel's files that is."""
    waiting = {name for name, source in sources.items() if any(one in source for one in _HINTS)}
    program, seen = Program(), set[str]()
    found = list[tuple[Call, str]]()
    for _ in range(_ROUNDS):
        for name in sorted(waiting):
            with suppress(SyntaxError, ValueError, RecursionError):
                program.add(name, ast.parse(sources[name]))
        seen |= waiting
        texts = Texts(program)
        found = [(call, text) for call in program.calls for text in _given(call, texts)]
        calls = [one.encode() for one in texts.asked]
        more = (name for name, source in sources.items() if any(one in source for one in calls))
        waiting = set(sorted({*more} - seen)[:_MOST])
        if not waiting:
            break
    named = (*(text for _, text in found), *filter(_FILE.fullmatch, program.texts))
    return Opened(
        names=frozenset(filter(None, map(library_name, named))),
        loads=frozenset(_loads(found, _executed(program.calls), files)),
    )


def _given(call: Call, texts: Texts) -> Iterator[str]:
    """Yield the texts that a call hands to what opens or finds a library."""
    arguments: Iterable[ast.expr] = ()
    if any(called(one).endswith(_IF_LOADED) for one in (*call.arguments, *call.keywords.values())):
        return
    if call.name in _OPENS:
        arguments = call.arguments[:1] or [*call.keywords.values()][:1]
    elif _FINDS.fullmatch(call.name):
        arguments = (*call.arguments, *call.keywords.values())
    for one in arguments:
        yield from texts.of(one, call.scope)


def _executed(calls: Iterable[Call]) -> set[str]:
    """Return the functions that are called while modules are imported, and must succeed."""
    by_caller: dict[str, set[str]] = {}
    for one in calls:
        if not one.guarded:
            by_caller.setdefault(one.scope.function, set()).add(one.name)
    found, waiting = set[str](), {""}
    while waiting:
        found |= waiting
        waiting = {name for one in waiting for name in by_caller.get(one, ())} - found
    return found


def _loads(
    found: Iterable[tuple[Call, str]], executed: Collection[str], files: Collection[str]
) -> Iterator[tuple[str, str]]:
    for call, text in found:
        if call.name in _OPENS and not call.guarded and call.scope.function in executed:
            name = library_name(text)
            for file in files:
                if is_named(file.rpartition("/")[2], name):
                    yield call.scope.module, file
