"""What `harness verify` is to look at: environments, store paths, flakes, Nix files."""

from dataclasses import dataclass
from pathlib import Path

import click

from harness.commands.line.environments import completed
from harness.commands.line.packed import packed
from harness.govern.declared import select
from harness.project.repository import Environment
from harness.verify.subjects import Target, in_file, is_environment, named, together


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """The names that were given, and a Nix file with attributes of it."""

    targets: tuple[str, ...]
    file: Path | None
    attr: tuple[str, ...]
    recursive: bool

    def require_file(self) -> None:
        """Refuse attributes of nothing."""
        if self.attr and not self.file:
            raise click.UsageError("--attr names an attribute of --file")

    def environments(self) -> list[Environment]:
        """Return the environments that are named; all of them where nothing is.

        Raises:
            InputError: as `harness.govern.declared.select`.

        """
        names = [name for name in self.targets if is_environment(name)]
        return select(names) if names or not (self.targets or self.file) else []

    def foreign(self) -> Target | None:
        """Return the derivations that are named in another way, if any.

        Raises:
            InputError, ToolError: as `named` and `in_file`.

        """
        found = [named(name) for name in self.targets if not is_environment(name)]
        found += [in_file(self.file, self.attr)] if self.file else []
        return together(found) if found else None


target_options = packed(
    "what",
    Targets,
    click.argument(
        "targets", nargs=-1, metavar="[ENV|PATH|FLAKE#ATTR]...", shell_complete=completed
    ),
    click.option(
        "--file", type=click.Path(exists=True, path_type=Path), help="A Nix file to verify."
    ),
    click.option("--attr", "-A", multiple=True, metavar="ATTR", help="An attribute of that file."),
    click.option("--recursive", is_flag=True, help="Verify what a derivation is built from, too."),
)
