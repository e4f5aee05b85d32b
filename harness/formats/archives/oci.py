"""OCI images: index, manifest and configuration, their fields named as the specification does.

The formats are those of the OCI image specification 1.1, and Docker's image manifest version 2,
schema 2. Layers are tar archives, compressed or not, which have rows of their own.
"""

from collections.abc import Iterator
from typing import Any

from harness.formats.change import At, Change, Content, field
from harness.formats.documents.structured import json_value, walk

_MARKS = {
    "index": ("schemaVersion", "manifests"),
    "manifest": ("schemaVersion", "config", "layers"),
    "config": ("architecture", "os", "rootfs"),
}
"""The properties that each kind must have."""


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield each differing value of two documents of one kind, such as "OCI config created".

    Raises:
        ValueError: no OCI document, two of different kinds, no JSON, too long or too deep.

    """
    ours, theirs = json_value(first), json_value(second)
    kind = _kind(ours)
    if kind != _kind(theirs):
        raise ValueError(f"an OCI {kind} and an OCI {_kind(theirs)}")
    yield from walk(ours, theirs, field(kind, At.OCI))


def _kind(document: Any) -> str:
    for kind, names in _MARKS.items():
        if isinstance(document, dict) and all(name in document for name in names):
            return kind
    raise ValueError("no OCI index, manifest or configuration")
