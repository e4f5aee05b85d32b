"""The compiler that the shim is made with: Debian packages by hash, locked beside its source."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tomli_w

from harness.documents.table import Table
from harness.documents.toml import parse_toml
from harness.lock.core.locked_files import encode_deb, read_deb, read_seed
from harness.lock.core.values import Seed
from harness.sources.core.locked_deb import LockedDeb


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolchain:
    """What one system's compiler consists of: the seed that unpacks it, and its packages."""

    seed: Seed
    debs: tuple[LockedDeb, ...]


def decode_toolchains(data: bytes, where: str) -> dict[str, Toolchain]:
    """Return the toolchain of each system of a lock.

    Raises:
        InputError: says where the lock is wrong.

    """
    document = Table(parse_toml(data, where), where)
    toolchains = {}
    for system in document.names():
        table = document.table(system)
        toolchains[system] = Toolchain(
            seed=read_seed(table.table("seed")),
            debs=tuple(read_deb(deb) for deb in table.tables("debs")),
        )
        table.finish()
    return toolchains


def encode_toolchains(toolchains: Mapping[str, Toolchain]) -> bytes:
    """Encode; the same value is always the same bytes."""
    document = {system: _encode(toolchains[system]) for system in sorted(toolchains)}
    return tomli_w.dumps(document).encode()


def _encode(toolchain: Toolchain) -> dict[str, Any]:
    seed = toolchain.seed
    return {
        "seed": {**encode_deb(seed.deb), "nar-sha256": seed.nar_sha256},
        "debs": [encode_deb(deb) for deb in sorted(toolchain.debs, key=lambda deb: deb.package)],
    }
