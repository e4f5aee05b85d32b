"""Compare two graphs of derivations: which changed by themselves, and which only followed.

Derivations are paired by walking both graphs from their tops, inputs matched by name. In what a
derivation says itself, hashes within store paths are masked: they differ for everything above a
change. What is left is a root change; the deepest stand first.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.diff.core.pairing import chain, chains, name_of, pair
from harness.diff.core.report import Item
from harness.store.core.derivation import Derivation

Read = Callable[[str], Derivation]
"""Reads a derivation by its store path."""
Pair = tuple[str, str]
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
    below: dict[Pair, list[Pair]] = {}
    found = [(pair, list(_own_changes(*pair, read))) for pair in _pairs(first, second, read, below)]
    before = chains([(first, second)], lambda pair: below.get(pair, ()))
    roots = [
        replace(item, via=chain(before, pair, lambda both: name_of(both[0])))
        for pair, items in found
        for item in items
    ]
    changed = sum(bool(items) for _, items in found)
    return GraphChange(roots=tuple(roots), changed=changed, followers=len(found) - changed)


def _pairs(first: str, second: str, read: Read, below: dict[Pair, list[Pair]]) -> Iterator[Pair]:
    """Yield the pairs that differ, each once, what they are built from before them.

    What each of them is built from is added to `below`.
    """
    stack = [((first, second), False)]
    while stack:
        both, done = stack.pop()
        if done:
            yield both
        elif both not in below and both[0] != both[1]:
            ours, theirs = (read(path).inputs for path in both)
            below[both] = list(pair(ours, theirs).pairs)
            stack.append((both, True))
            stack += [(one, False) for one in below[both]]


def _own_changes(first: str, second: str, read: Read) -> Iterator[Item]:
    """Yield what differs in two derivations themselves."""
    one, other = read(first), read(second)
    name = name_of(first)
    if one.is_fixed and other.is_fixed:
        yield _input(name, name_of(second), one, other)
        return
    if name != name_of(second):
        yield Item(subject=name, field="name", first=name, second=name_of(second))
    inputs = pair(one.inputs, other.inputs)
    renamed = {name_of(a): name_of(b) for a, b in inputs.pairs if name_of(a) != name_of(b)}
    for field, ours, theirs in _fields(one, other):
        before, after = masked(ours), masked(theirs)
        if before != after and _followed(before, renamed) != after:
            yield Item(subject=name, field=field, first=before, second=after)
    yield from (Item(subject=name, field="input", first=name_of(path)) for path in inputs.gone)
    yield from (Item(subject=name, field="input", second=name_of(path)) for path in inputs.come)
    yield from _sources(name, one.sources, other.sources)


def _input(name: str, other_name: str, first: Derivation, second: Derivation) -> Item:
    """Return what differs in an input that is known by its hash: its name, or else the hash."""
    if name != other_name:
        return Item(subject=name, field="input", first=name, second=other_name)
    ours, theirs = (" ".join(_hash(one, at) for at in one.outputs) for one in (first, second))
    return Item(subject=name, field="hash of the input", first=ours, second=theirs)


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
    found = pair(first, second)
    left = (*found.pairs, *((one, "") for one in found.gone), *(("", one) for one in found.come))
    for one, other in left:
        yield Item(subject=name, field=f"source {name_of(one or other)}", first=one, second=other)
