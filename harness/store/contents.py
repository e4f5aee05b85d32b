"""Rehashing what the store holds, against what it recorded."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from harness.errors import ToolError
from harness.host import processors
from harness.store.core.contents import NOTHING, Contents, shared
from harness.store.core.registration import Registration
from harness.store.core.storepath import base32
from harness.store.verbs import NIX, Store

_WORTH = 64 * 2**20
"""Bytes for which it is worth to have another process of Nix."""


def inspect(
    closure: Sequence[str],
    outputs: Sequence[str],
    store: Store = NIX,
    known: Contents = NOTHING,
) -> Contents:
    """Rehash a closure of derivations with their sources, and what is there of their outputs.

    What is `known` was rehashed a moment ago, and is not again.

    Raises:
        ToolError: Nix is missing or does not work.

    """
    wanted = dict.fromkeys([*closure, *outputs])
    found = _registered([path for path in wanted if path not in known.hashes], store)
    hashes = {path: one.nar_hash for path, one in found.items()}
    broken = _broken(hashes, {path: one.nar_size for path, one in found.items()}, store)
    before = {path: one for path, one in known.hashes.items() if path in wanted}
    return Contents(hashes=before | hashes, broken=broken | (known.broken & before.keys()))


def held(tops: Sequence[str], store: Store = NIX) -> list[str]:
    """Return what store paths are and refer to; nothing where the store does not hold them all."""
    try:
        return store.requisites(tops) if tops else []
    except ToolError:
        return []


def _registered(paths: Sequence[str], store: Store) -> dict[str, Registration]:
    """Return what is recorded of those paths that the store holds."""
    try:
        return store.registrations(paths)
    except ToolError:
        invalid = {*store.invalid_paths(paths)}
        return store.registrations([path for path in paths if path not in invalid])


def _broken(hashes: Mapping[str, str], sizes: Mapping[str, int], store: Store) -> frozenset[str]:
    """Rehash paths by Nix, and where it finds fault by ourselves, to tell which."""
    batches = shared(sizes, min(processors.cpus(), 1 + sum(sizes.values()) // _WORTH))
    with ThreadPoolExecutor(max(len(batches), 1)) as pool:
        checked = zip(batches, pool.map(store.holds, batches), strict=True)
        suspects = [path for batch, whole in checked if not whole for path in batch]
    return frozenset(path for path in suspects if not _is_whole(path, hashes[path], store))


def _is_whole(path: str, recorded: str, store: Store) -> bool:
    try:
        digest = bytes.fromhex(store.nar_sha256(path))
    except ToolError:
        return False
    return recorded == f"sha256:{base32(digest)}"
