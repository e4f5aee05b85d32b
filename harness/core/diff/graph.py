"""Compare two graphs of derivations: which changed by themselves, and which only followed.

Derivations are paired by walking both graphs from their tops, inputs matched by name. In what a
derivation says itself, hashes within store paths are masked: they differ for everything above a
change. What is left is a root change; the deepest stand first.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.core.derivation import Derivation
from harness.core.diff.report import Item

Read = Callable[[str], Derivation]
"""Reads a derivation by its store path."""
_HASH = re.compile(r"/nix/store/[0-9a-z]{32}-")


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphChange:
    """Root changes, the deepest first, and how many derivations changed because of them alone."""

    roots: tuple[Item, ...]
    changed: int
    followers: int


def compare_graphs(first: str, second: str, read: Read) -> GraphChange:
    """Compare the derivations at two store paths with all that they are built from.

    Raises:
        IntegrityError, ToolError: as `read`.

    """
    roots: list[Item] = []
    followers = changed = 0
    for one, other in _pairs(first, second, read):
        own = list(_own_changes(one, other, read))
        roots += own
        changed += bool(own)
        followers += not own
    return GraphChange(roots=tuple(roots), changed=changed, followers=followers)


def _pairs(first: str, second: str, read: Read) -> Iterator[tuple[str, str]]:
    """Yield the pairs that differ, each once, what they are built from before them."""
    seen: set[tuple[str, str]] = set()
    stack = [((first, second), False)]
    while stack:
        pair, done = stack.pop()
        if done:
            yield pair
        elif pair not in seen and pair[0] != pair[1]:
            seen.add(pair)
            stack.append((pair, True))
            stack += [(below, False) for below in _matched(*map(read, pair))[0]]


def _matched(
    first: Derivation, second: Derivation
) -> tuple[list[tuple[str, str]], list[str], list[str]]:
    """Pair inputs by name; return the pairs, and what only the first and the second has."""
    ours, theirs = (
        sorted(a)
        for a in (first.inputs.keys() - second.inputs, second.inputs.keys() - first.inputs)
    )
    pairs, gone = [], []
    for path in ours:
        match = next((other for other in theirs if name_of(other) == name_of(path)), None)
        if match is None:
            gone.append(path)
        else:
            theirs.remove(match)
            pairs.append((path, match))
    pairs += _renamed(gone, theirs)
    return pairs, gone, theirs


def _renamed(gone: list[str], come: list[str]) -> Iterator[tuple[str, str]]:
    """Pair what is left if it has one name but for the version, and take it from the lists."""
    for path in tuple(gone):
        same = [other for other in come if _stem(other) == _stem(path)]
        if len(same) == 1:
            gone.remove(path)
            come.remove(same[0])
            yield path, same[0]


def name_of(path: str) -> str:
    """Return a store path's name, without hash and suffix."""
    return path.rpartition("/")[2].partition("-")[2].removesuffix(".drv")


def _stem(path: str) -> str:
    return re.split(r"[-_]\d", name_of(path), maxsplit=1)[0]


def _own_changes(first: str, second: str, read: Read) -> Iterator[Item]:
    """Yield what differs in two derivations themselves."""
    one, other = read(first), read(second)
    name = name_of(first)
    if one.is_fixed and other.is_fixed:
        yield Item(
            subject=name, field="input", first=_input(first, one), second=_input(second, other)
        )
        return
    if name != name_of(second):
        yield Item(subject=name, field="name", first=name, second=name_of(second))
    pairs, gone, come = _matched(one, other)
    renamed = {name_of(a): name_of(b) for a, b in pairs if name_of(a) != name_of(b)}
    for field, ours, theirs in _fields(one, other):
        before, after = masked(ours), masked(theirs)
        if before != after and _followed(before, renamed) != after:
            yield Item(subject=name, field=field, first=before, second=after)
    yield from (Item(subject=name, field="input", first=name_of(path)) for path in gone)
    yield from (Item(subject=name, field="input", second=name_of(path)) for path in come)
    yield from _sources(name, one.sources, other.sources)


def _input(path: str, derivation: Derivation) -> str:
    hashes = (f"{output.hash_algorithm}:{output.hash}" for output in derivation.outputs.values())
    return f"{name_of(path)} {' '.join(hashes)}"


def _followed(text: str, renamed: Mapping[str, str]) -> str:
    """Return a text as it is after inputs got other names (versions, that is)."""
    for name, other in renamed.items():
        text = re.sub(rf"(?<=/nix/store/…-){re.escape(name)}(?![\w.+?=])", other, text)
    return text


def masked(text: str) -> str:
    """Return a text without the hashes of store paths."""
    return _HASH.sub("/nix/store/…-", text)


def _fields(first: Derivation, second: Derivation) -> Iterator[tuple[str, str, str]]:
    yield "system", first.system, second.system
    yield "builder", first.builder, second.builder
    arguments = first.arguments, second.arguments
    for at in range(max(map(len, arguments))):
        yield f"argument {at + 1}", _at(arguments[0], at), _at(arguments[1], at)
    for name in sorted(first.environment.keys() | second.environment.keys()):
        if name not in first.outputs and name != "name":
            ours, theirs = (one.environment.get(name, "") for one in (first, second))
            yield f"variable {name}", ours, theirs
    for name in sorted(first.outputs.keys() | second.outputs.keys()):
        yield f"output {name}", _hash(first, name), _hash(second, name)


def _at(values: Sequence[str], index: int) -> str:
    return values[index] if index < len(values) else ""


def _hash(derivation: Derivation, name: str) -> str:
    """Return the hash of a fixed output; other outputs have none, and their path says nothing."""
    output = derivation.outputs.get(name)
    return "no such output" if output is None else f"{output.hash_algorithm}:{output.hash}"


def _sources(name: str, first: Sequence[str], second: Sequence[str]) -> Iterator[Item]:
    ours: Mapping[str, str] = {name_of(path): path for path in first}
    theirs: Mapping[str, str] = {name_of(path): path for path in second}
    for source in sorted(ours.keys() | theirs.keys()):
        one, other = ours.get(source, ""), theirs.get(source, "")
        if one != other:
            yield Item(subject=name, field=f"source {source}", first=one, second=other)
