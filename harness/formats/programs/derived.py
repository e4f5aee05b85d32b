"""Nix derivations (.drv): what is asked of the builder first, then inputs, then output paths.

Store paths change whenever anything before them does, so they stand last, and inputs are matched by
the name that follows the hash.
"""

import re
from collections.abc import Iterator, Mapping

from harness.errors import IntegrityError
from harness.formats.change import At, Change, Content, Kind, Place, Step, Typed
from harness.formats.fields import WIDTH, differing, named, shown, unique
from harness.formats.nested import Nesting
from harness.store.core.derivation import Derivation, parse_derivation

_LARGEST = 8 << 20
_STORE_PATH = re.compile(r".*/[0-9a-z]{32}-", re.DOTALL)


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield differing fields of two derivations.

    Raises:
        ValueError: no derivation, or one of more than 8 MiB.

    """
    ours, theirs = _parsed(first), _parsed(second)
    nesting = Nesting.of(first)
    yield from differing(_command(ours), _command(theirs))
    yield from _texts(
        nesting, Step(At.PART, "environment variable"), _environment(ours), _environment(theirs)
    )
    yield from _texts(nesting, Step(At.PART, "argument"), _arguments(ours), _arguments(theirs))
    yield from differing(_inputs(ours), _inputs(theirs))
    yield from differing(_outputs(ours), _outputs(theirs))


def _parsed(content: Content) -> Derivation:
    if len(content) > _LARGEST:
        raise ValueError(f"{len(content)} bytes: a derivation of more than {_LARGEST} is not read")
    try:
        return parse_derivation(content[:], "derivation")
    except IntegrityError as error:
        raise ValueError(str(error)) from error


def _command(derivation: Derivation) -> dict[str, object]:
    return {"builder": derivation.builder, "system": derivation.system}


def _environment(derivation: Derivation) -> dict[str, str]:
    """Return the variables without those that repeat an output's path, the builder or system."""
    said = {name: output.path for name, output in derivation.outputs.items()}
    said |= {"builder": derivation.builder, "system": derivation.system}
    variables = derivation.environment.items()
    return unique((shown(name), value) for name, value in variables if said.get(name) != value)


def _arguments(derivation: Derivation) -> dict[str, str]:
    return {str(index): argument for index, argument in enumerate(derivation.arguments, 1)}


def _inputs(derivation: Derivation) -> dict[Place, object]:
    """Return input sources, and input derivations with the outputs that are used of them."""
    sources = unique((_name(path), path) for path in derivation.sources)
    inputs = unique((_name(path), path) for path in derivation.inputs)
    found: dict[Place, object] = {
        _named("input source", name): Typed(Kind.PATH, sources[name]) for name in sources
    }
    for name, path in inputs.items():
        found[_named("input derivation", name)] = Typed(Kind.PATH, path)
        found[_named("outputs of", name)] = ", ".join(derivation.inputs[path])
    return found


def _named(what: str, name: str) -> Place:
    return Step(At.PART, what), Step(At.NAME, shown(name))


def _outputs(derivation: Derivation) -> dict[Place, object]:
    found: dict[Place, object] = {}
    for name, output in derivation.outputs.items():
        place = Step(At.PART, "output"), Step(At.SUBJECT, shown(name))
        digest = f"{output.hash_algorithm} {output.hash}".strip()
        found[*place, Step(At.FIELD, "hash")] = Typed(Kind.DIGEST, digest)
        found[*place, Step(At.FIELD, "path")] = Typed(Kind.PATH, output.path)
    return found


def _name(path: str) -> str:
    """Return what follows the hash in a store path."""
    return _STORE_PATH.sub("", path, count=1)


def _texts(
    nesting: Nesting, label: Step, first: Mapping[str, str], second: Mapping[str, str]
) -> Iterator[Change]:
    """Yield the texts that differ, then the places within long ones and those of several lines."""
    both = [name for name in first if name in second and first[name] != second[name]]
    long = {name for name in both if _is_long(first[name]) or _is_long(second[name])}
    ours, theirs = ({n: texts[n] for n in texts if n not in long} for texts in (first, second))
    yield from differing(named(ours), named(theirs), (label,))
    for name in sorted(long):
        yield from nesting.inside(
            (label, Step(At.NAME, name)), name, _bytes(first[name]), _bytes(second[name])
        )


def _is_long(text: str) -> bool:
    return len(text) > WIDTH or "\n" in text


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
