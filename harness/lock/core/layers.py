"""Which packages share a layer of an image, and in which order, so that little changes with one.

Decided when the environment is locked and written into the lock. While there are few packages each
has a layer of its own: then a package that moves changes that layer, the links, and nothing else.
An engine keeps what is below the first change and unpacks again all that is above. So heavy layers
come first, and once there is a lock, a package that moves goes above those that do not.
"""

from collections.abc import Collection, Mapping, Sequence
from heapq import heapify, heappop, heappush

PACKAGE_LAYERS = 100
"""Docker allows 127 layers. With the base, the links, the image's own directories and at most 16 of
its files and artefacts there are less than 120."""

Layers = tuple[tuple[str, ...], ...]
"""The names of the packages of each layer."""


def partition(
    sizes: Mapping[str, int],
    previous: Sequence[Sequence[str]] = (),
    moved: Collection[str] = (),
) -> Layers:
    """Return the layers for packages of these sizes in bytes, the lowest first.

    Packages that shared a layer before go on to do so, and no others if there is room; else the
    two lightest layers become one, again and again. Layers of before without any that `moved` keep
    their order; above them come all others, ordered by magnitude, then by name.
    """
    kept = [tuple(sorted(name for name in layer if name in sizes)) for layer in previous]
    known = {name for layer in kept for name in layer}
    layers = [*filter(None, kept), *((name,) for name in sizes if name not in known)]
    weighed = _merged([(sum(sizes[name] for name in layer), layer) for layer in layers])
    weights = {layer: weight for weight, layer in weighed}
    same = [
        layer
        for layer, before in zip(kept, previous, strict=True)
        if layer in weights and len(layer) == len(before) and not set(layer) & set(moved)
    ]
    others = weights.keys() - set(same)
    return (*same, *sorted(others, key=lambda layer: (-weights[layer].bit_length(), layer)))


def _merged(weighed: list[tuple[int, tuple[str, ...]]]) -> list[tuple[int, tuple[str, ...]]]:
    heapify(weighed)
    while len(weighed) > PACKAGE_LAYERS:
        weight, layer = heappop(weighed)
        other_weight, other = heappop(weighed)
        heappush(weighed, (weight + other_weight, tuple(sorted(layer + other))))
    return weighed
