"""The machine architectures that harness knows, in the three vocabularies that it needs.

Nix says `x86_64-linux`, Debian says `amd64`, Python says `x86_64` and `manylinux_2_36_x86_64`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """One machine architecture under its three names."""

    system: str
    """Nix: `x86_64-linux`."""
    debian: str
    """dpkg: `amd64`."""
    machine: str
    """`platform.machine()`: `x86_64`."""
    multiarch: str
    """Debian's library directory: `x86_64-linux-gnu`."""


ARCHITECTURES = {
    architecture.system: architecture
    for architecture in (
        Architecture(
            system="x86_64-linux",
            debian="amd64",
            machine="x86_64",
            multiarch="x86_64-linux-gnu",
        ),
        Architecture(
            system="aarch64-linux",
            debian="arm64",
            machine="aarch64",
            multiarch="aarch64-linux-gnu",
        ),
    )
}
