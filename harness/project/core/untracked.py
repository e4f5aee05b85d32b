"""What git does not track among the files that an environment takes from its repository."""

from collections.abc import Mapping
from dataclasses import dataclass, field

LEFT_BEHIND = frozenset(
    {
        ".git",
        ".harness",
        ".hypothesis",
        ".ipynb_checkpoints",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        "__pycache__",
    }
)
"""What no build sees whatever git says of it, as harness/nix/inputs.nix has it."""
_MOST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Untracked:
    """What is left out below each path of env.toml, relative to that; `new` is not ignored."""

    below: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    new: tuple[str, ...] = ()

    @property
    def warning(self) -> str:
        """What a person should know; nothing where all that git does not track is ignored."""
        if not self.new:
            return ""
        more = f" and {len(self.new) - _MOST} more" if len(self.new) > _MOST else ""
        return (
            f"not seen, for git does not track them: {', '.join(self.new[:_MOST])}{more}; "
            "`git add` them, as a flake would not see them either"
        )
