"""Derivations: the ATerm text of a .drv file as a value.

Format: `Derive([outputs],[input derivations],[input sources],system,builder,[args],[env])`, with
tuples in parentheses, lists in brackets and C-like strings (Dolstra 2006, section 5.4; Nix writes
it in `Derivation::unparse`). Files come from a store that others can write: sizes are bounded.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from harness.errors import IntegrityError

T = TypeVar("T")

_LARGEST = 64 * 2**20
_STRING = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_IMPURE = "impure"
"""What stands in the place of a hash where each build may give another content."""
_FINDS = ("builtin:fetchurl", "run: harness fetch")
"""Builder and address of what harness/nix/inputs.nix makes of an input."""
_MEANING = {"n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One output. A fixed output has a hash; a floating one has no path before it is built."""

    path: str
    hash_algorithm: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """What Nix is asked to build; `inputs` maps each input derivation to the outputs it gives."""

    outputs: Mapping[str, Output]
    inputs: Mapping[str, tuple[str, ...]]
    sources: tuple[str, ...]
    system: str
    builder: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]

    @property
    def is_fixed(self) -> bool:
        """Return whether the output is named by its content's hash: an input, not a build."""
        return any(output.hash not in {"", _IMPURE} for output in self.outputs.values())

    @property
    def has_network(self) -> bool:
        """Return whether Nix gives its builder a network: to each fixed output.

        Those of harness only find what is in the store: their address can be asked by nobody.
        """
        ours = (self.builder, self.environment.get("url")) == _FINDS
        return self.is_fixed and not ours

    @property
    def is_floating(self) -> bool:
        """Return whether an output's path is known only after the build.

        So it is for content-addressed outputs, for impure ones, and for what depends on them.
        """
        return any(not output.path or output.hash == _IMPURE for output in self.outputs.values())


def parse_derivation(data: bytes, where: str) -> Derivation:
    """Decode a .drv file.

    Raises:
        IntegrityError: it is none; with the offset in characters.

    """
    if len(data) > _LARGEST:
        raise IntegrityError(f"{where}: {len(data)} bytes; at most {_LARGEST} are read")
    reader = _Reader(data.decode("utf-8", errors="surrogateescape"), where)
    reader.take("Derive(")
    outputs = reader.items(reader.output)
    reader.take(",")
    inputs = reader.items(reader.input)
    reader.take(",")
    sources = reader.items(reader.string)
    reader.take(",")
    system = reader.string()
    reader.take(",")
    builder = reader.string()
    reader.take(",")
    arguments = reader.items(reader.string)
    reader.take(",")
    environment = reader.items(reader.variable)
    reader.take(")")
    reader.finish()
    return Derivation(
        outputs=reader.mapping("output", outputs),
        inputs=reader.mapping("input", inputs),
        sources=tuple(sources),
        system=system,
        builder=builder,
        arguments=tuple(arguments),
        environment=reader.mapping("variable", environment),
    )


class _Reader:
    def __init__(self, text: str, where: str) -> None:
        self._text, self._where, self._at = text, where, 0

    def take(self, literal: str) -> None:
        if not self._next_is(literal):
            raise IntegrityError(f"{self._where}: expected {literal!r} at {self._at}")
        self._at += len(literal)

    def finish(self) -> None:
        if self._at != len(self._text):
            raise IntegrityError(f"{self._where}: more text at {self._at}, after the derivation")

    def string(self) -> str:
        match = _STRING.match(self._text, self._at)
        if match is None:
            raise IntegrityError(f"{self._where}: expected a string at {self._at}")
        self._at = match.end()
        if "\\" not in match[1]:
            return match[1]
        return _ESCAPE.sub(lambda escape: _MEANING.get(escape[1], escape[1]), match[1])

    def items(self, parse: Callable[[], T]) -> list[T]:
        found: list[T] = []
        self.take("[")
        while not self._next_is("]"):
            if found:
                self.take(",")
            found.append(parse())
        self.take("]")
        return found

    def mapping(self, what: str, items: list[tuple[str, T]]) -> dict[str, T]:
        found = dict(items)
        if len(found) != len(items):
            raise IntegrityError(f"{self._where}: names one {what} twice")
        return found

    def output(self) -> tuple[str, Output]:
        name, path, algorithm, digest = self._strings(4)
        return name, Output(path=path, hash_algorithm=algorithm, hash=digest)

    def input(self) -> tuple[str, tuple[str, ...]]:
        self.take("(")
        path = self.string()
        self.take(",")
        names = self.items(self.string)
        self.take(")")
        return path, tuple(names)

    def variable(self) -> tuple[str, str]:
        name, value = self._strings(2)
        return name, value

    def _strings(self, size: int) -> list[str]:
        self.take("(")
        fields = [self.string()]
        while len(fields) < size:
            self.take(",")
            fields.append(self.string())
        self.take(")")
        return fields

    def _next_is(self, literal: str) -> bool:
        return self._text.startswith(literal, self._at)
