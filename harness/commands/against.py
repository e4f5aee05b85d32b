"""What `harness verify` has besides: the statements of other builders, and who is trusted."""

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from harness.adapters.host import current_system
from harness.commands.output import print_json
from harness.core.statements.quorum import Quorum, as_object, lines
from harness.core.statements.trust import Trust
from harness.core.verdict import EXIT_CODES, overall
from harness.flows.against import against, read_trust
from harness.flows.repository import Repository


def against_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options `--against DIR|FILE`, `--threshold K` and `--trust FILE`."""
    for option in (
        click.option(
            "--trust",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Trusted keys and benign differences in place of the repository's own.",
        ),
        click.option(
            "--threshold",
            type=click.IntRange(1),
            metavar="K",
            help="Builders that must agree (default: more than half of the trusted).",
        ),
        click.option(
            "--against",
            "statements",
            multiple=True,
            type=click.Path(path_type=Path),
            metavar="DIR|FILE",
            help="Rebuild nothing: ask statements of other builders; repeatable.",
        ),
    ):
        command = option(command)
    return command


def chosen_trust(file: Path | None) -> Trust | None:
    """Return what a trust file says, or None where the repository's own word counts."""
    return read_trust(file) if file else None


def ask(
    repository: Repository,
    names: Sequence[str],
    statements: Sequence[Path],
    threshold: int | None,
    trust: Trust | None,
) -> list[Quorum]:
    """Return what the trusted builders say of each named environment, or of all."""
    keys = repository.settings.trusted_keys if trust is None else trust.keys
    return [
        against(environment, statements, keys, threshold, system=current_system())
        for environment in repository.select(names)
    ]


def show_quorums(quorums: Sequence[Quorum], *, as_json: bool) -> int:
    """Print who agrees, dissents, could not tell or was refused; return the exit code."""
    code = EXIT_CODES[overall(one.verdict for one in quorums)]
    if as_json:
        print_json({"exit-code": code, "environments": [as_object(one) for one in quorums]})
    else:
        for line in (line for quorum in quorums for line in lines(quorum)):
            click.echo(line)
    return code
