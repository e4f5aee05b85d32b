"""Entries of two directories that have one shape: names that differ only in a hash or a number.

`lib-3f9a2c1d` and `lib-77b0e4aa` are both `lib-*`, so that what lies below them can be compared.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from harness.store.core.nar import Directory, Node

_VARYING = re.compile(
    r"(?=[A-Za-z]*\d)[0-9A-Za-z]{4,}|(?=[0-9A-Z]*[a-z])(?=[0-9a-z]*[A-Z])[0-9A-Za-z]{6,}|\d+"
    r"|[0-9a-f]{8,}"
)
_FAN_OUT = re.compile(r"[0-9a-f]{2}")
"""How a store of objects names directories: by how the hashes below begin."""
_TEMPORARY = re.compile(r"(?<=tmp)[._-]?\w{4,}")
ANY = "*"


def shape(name: str) -> str:
    """Return a name with its hashes, numbers and random parts as `*`."""
    if _FAN_OUT.fullmatch(name):
        return ANY
    return _VARYING.sub(ANY, _TEMPORARY.sub(ANY, name))


@dataclass(slots=True)
class Pairing:
    """Gives entries that correspond one name, `known` by their paths from the comparisons so far.

    `renamed` are the directories in which the last comparison paired entries of different names.
    """

    known: set[str] = field(default_factory=set)
    renamed: list[str] = field(default_factory=list)

    def paired(self, first: Node, second: Node) -> tuple[Node, Node]:
        """Return both trees with entries that correspond by their shape under that name.

        They are paired where a shape has one entry in each directory, and not of the same name;
        once paired, whatever they are called later.
        """
        self.renamed = []
        return self._paired(first, second, "")

    def _paired(self, first: Node, second: Node, path: str) -> tuple[Node, Node]:
        if not isinstance(first, Directory) or not isinstance(second, Directory):
            return first, second
        ours, theirs = dict(first.entries), dict(second.entries)
        for form, one, other in self._pairs(ours, theirs, path):
            if one != other:
                self.renamed.append(path)
            self.known.add(path + form)
            ours[_encoded(form)], theirs[_encoded(form)] = ours.pop(one), theirs.pop(other)
        for name in ours.keys() & theirs.keys():
            below = f"{path}{_decoded(name)}/"
            ours[name], theirs[name] = self._paired(ours[name], theirs[name], below)
        return Directory(entries=ours), Directory(entries=theirs)

    def _pairs(
        self, first: Collection[bytes], second: Collection[bytes], path: str
    ) -> list[tuple[str, bytes, bytes]]:
        forms = _by_form(first), _by_form(second)
        return [
            (form, ours[0], forms[1][form][0])
            for form, ours in forms[0].items()
            if ANY in form and len(ours) == len(forms[1].get(form, ())) == 1
            if ours != forms[1][form] or path + form in self.known
        ]


def _by_form(names: Iterable[bytes]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for name in names:
        found.setdefault(shape(_decoded(name)), []).append(name)
    return found


def matching(names: Iterable[str], wanted: str) -> str:
    """Return the one of some names that has the wanted shape; the shape itself if none has."""
    found = [name for name in names if shape(name) == wanted]
    return found[0] if len(found) == 1 else wanted


def _decoded(name: bytes) -> str:
    return name.decode(errors="surrogateescape")


def _encoded(name: str) -> bytes:
    return name.encode(errors="surrogateescape")
