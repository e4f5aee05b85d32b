"""Rehashing what the store holds, against what it recorded."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from harness.errors import ToolError
from harness.host import processors
from harness.store.core.contents import Contents, shared
from harness.store.core.storepath import base32
from harness.store.verbs import NIX, Store


def inspect(closure: Sequence[str], outputs: Sequence[str], store: Store = NIX) -> Contents:
    """Rehash a closure of derivations with their sources, and what is there of their outputs.

    Raises:
        ToolError: Nix is missing or does not work.

    """
    invalid = set(store.invalid_paths(outputs)) if outputs else set()
    present = [*closure, *(path for path in outputs if path not in invalid)]
    with ThreadPoolExecutor(2) as pool:
        asked = pool.submit(store.nar_hashes, present), pool.submit(store.nar_sizes, present)
    hashes, sizes = asked[0].result(), asked[1].result()
    return Contents(hashes=hashes, broken=_broken(hashes, sizes, store))


def _broken(hashes: Mapping[str, str], sizes: Mapping[str, int], store: Store) -> frozenset[str]:
    """Rehash paths by Nix, and where it finds fault by ourselves, to tell which."""
    batches = shared(sizes, processors.cpus())
    with ThreadPoolExecutor(len(batches)) as pool:
        checked = zip(batches, pool.map(store.holds, batches), strict=True)
        suspects = [path for batch, whole in checked if not whole for path in batch]
    return frozenset(path for path in suspects if not _is_whole(path, hashes[path], store))


def _is_whole(path: str, recorded: str, store: Store) -> bool:
    try:
        digest = bytes.fromhex(store.nar_sha256(path))
    except ToolError:
        return False
    return recorded == f"sha256:{base32(digest)}"
