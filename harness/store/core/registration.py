"""What a store's database records of its paths, as `nix-store --dump-db` prints it.

For each path there are lines: the path, the sha256 of its archive in hex, the archive's size, its
deriver (empty if unknown), the number of references, and each of them (Nix: `decodeValidPathInfo`).
"""

import re
from dataclasses import dataclass

from harness.errors import ToolError
from harness.store.core.storepath import base32

_ENTRY = re.compile(
    r"(?P<path>/.+)\n(?P<sha256>[0-9a-f]{64})\n(?P<size>[0-9]{1,18})\n.*\n(?P<references>[0-9]{1,9})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """The hash of a path's archive, as `sha256:` and Nix's base 32, and its size in bytes."""

    nar_hash: str
    nar_size: int


def decode_registrations(text: str) -> dict[str, Registration]:
    """Return what is recorded, by path.

    Raises:
        ToolError: it is not what Nix prints.

    """
    lines = text.splitlines()
    found = {}
    at = 0
    while at < len(lines):
        match = _ENTRY.match("\n".join(lines[at : at + 5]))
        if match is None:
            raise ToolError(f"`nix-store --dump-db` printed something else in line {at + 1}")
        nar_hash = f"sha256:{base32(bytes.fromhex(match['sha256']))}"
        found[match["path"]] = Registration(nar_hash=nar_hash, nar_size=int(match["size"]))
        at += 5 + int(match["references"])
    return found
