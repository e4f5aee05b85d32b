"""What `harness verify` has besides: the statements of other builders, and who is trusted."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.commands.line.packed import packed

if TYPE_CHECKING:
    from harness.attest.core.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Builders:
    """Which statements to ask, how many builders must agree, and the file that says who counts."""

    statements: tuple[Path, ...]
    threshold: int | None
    trust: Path | None

    def chosen_trust(self) -> "Trust | None":
        """Return what the trust file says, or None where the repository's own word counts."""
        if self.threshold and not self.statements:
            raise click.UsageError("--threshold counts the builders of --against")
        if self.trust is None:
            return None
        from harness.attest.against import read_trust

        return read_trust(self.trust)


against_options = packed(
    "builders",
    Builders,
    click.option(
        "--against",
        "statements",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="DIR|FILE",
        help="Rebuild nothing: count the statements of other builders. Can be given several times.",
    ),
    click.option(
        "--threshold",
        type=click.IntRange(1),
        metavar="K",
        help="Builders that must agree (default: more than half of the trusted).",
    ),
    click.option(
        "--trust",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Use trusted keys and benign differences of this file, not the repository's.",
    ),
)
