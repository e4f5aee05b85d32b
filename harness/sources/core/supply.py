"""What a resolution may draw on, besides the index that this machine uses."""

from dataclasses import dataclass

from harness.project.core.indexes import NamedIndex
from harness.project.core.spec import EnvSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """Indexes that serve some packages alone, and the moment up to which files count.

    The packages `without` are taken to be required by nobody.
    """

    indexes: tuple[NamedIndex, ...] = ()
    exclude_newer: str | None = None
    without: tuple[str, ...] = ()

    @property
    def arguments(self) -> tuple[str, ...]:
        """What uv is told of it in so many words."""
        return ("--exclude-newer", self.exclude_newer) if self.exclude_newer else ()


USUAL = Supply()
"""Every file of the usual index."""


def supply_of(spec: EnvSpec) -> Supply:
    """Return what env.toml says that its environment may draw on."""
    return Supply(indexes=spec.indexes, exclude_newer=spec.exclude_newer)
