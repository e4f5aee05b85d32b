"""Which packages share a layer of an image, so that little changes when one package moves.

Decided when the environment is locked and written into the lock. While there are few packages each
has a layer of its own: then a package that moves changes that layer, the links, and nothing else.
Heavy layers come first, for what an engine has below the first change is kept as it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush

PACKAGE_LAYERS = 100
"""Docker allows 127 layers. With the base, the links, the image's own directories and at most 16 of
its files and artefacts there are less than 120."""

Layers = tuple[tuple[str, ...], ...]
"""The names of the packages of each layer."""


def partition(sizes: Mapping[str, int], previous: Iterable[Sequence[str]] = ()) -> Layers:
    """Return the layers for packages of these sizes in bytes.

    Packages that shared a layer before go on to do so, and no others if there is room; else the
    two lightest layers become one, again and again. The order is by magnitude, then by name, so
    that a package that grows a little stays where it is.
    """
    kept = [tuple(sorted(name for name in layer if name in sizes)) for layer in previous]
    known = {name for layer in kept for name in layer}
    layers = [*filter(None, kept), *((name,) for name in sizes if name not in known)]
    weighed = _merged([(sum(sizes[name] for name in layer), layer) for layer in layers])
    return tuple(
        layer for _, layer in sorted(weighed, key=lambda one: (-one[0].bit_length(), one[1]))
    )


def _merged(weighed: list[tuple[int, tuple[str, ...]]]) -> list[tuple[int, tuple[str, ...]]]:
    heapify(weighed)
    while len(weighed) > PACKAGE_LAYERS:
        weight, layer = heappop(weighed)
        other_weight, other = heappop(weighed)
        heappush(weighed, (weight + other_weight, tuple(sorted(layer + other))))
    return weighed
