"""Versions that a resolution keeps to where they fit: those locked before, and those of a file."""

from collections.abc import Mapping
from typing import Any

import tomli_w

from harness.lock.core.pylock import encode_lock
from harness.lock.core.values import Lock
from harness.sources.core.standard_lock import VERSION


def preferences(previous: Lock | None, versions: Mapping[str, str]) -> bytes | None:
    """Return them as a PEP 751 lock without files; a file's count before those locked before."""
    if not versions:
        return encode_lock(previous) if previous else None
    before = previous.packages if previous else ()
    packages: list[dict[str, Any]] = [
        {"name": one.name, "version": one.version} | ({"marker": one.marker} if one.marker else {})
        for one in before
        if one.name not in versions
    ]
    packages += [{"name": name, "version": version} for name, version in sorted(versions.items())]
    document = {"lock-version": VERSION, "created-by": "harness", "packages": packages}
    return tomli_w.dumps(document).encode()
