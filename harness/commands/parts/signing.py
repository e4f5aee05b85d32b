"""With which key `harness attest` signs, where the statements go, and how long they count."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.commands.line.packed import packed

if TYPE_CHECKING:
    from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined] # as signer.py says


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Where the key is, the directory of the statements, and in how many days they expire."""

    key: str | None
    key_command: str | None
    output: Path | None
    valid_for: int | None

    def require_one(self) -> None:
        """Refuse a key that is named in no way, or in two."""
        if (self.key is None) == (self.key_command is None):
            raise click.UsageError("name the key by --key or by --key-command")

    def chosen_key(self) -> "CryptoSigner":
        """Return the key."""
        from harness.attest.signer import key_from, key_from_command

        if self.key is not None:
            return key_from(self.key)
        return key_from_command(self.key_command or "")


signing_options = packed(
    "signer",
    Signer,
    click.option("--key", metavar="FILE|env:NAME", help="An ed25519 private key in PEM."),
    click.option("--key-command", metavar="CMD", help="Command that prints the key."),
    click.option(
        "--output",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="DIR",
        help="Directory to write to (default: .harness/statements).",
    ),
    click.option(
        "--valid-for",
        type=click.IntRange(1, 36500),
        metavar="DAYS",
        help="Days until the statement expires (default: never).",
    ),
)
