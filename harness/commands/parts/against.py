"""What `harness verify` has besides: the statements of other builders, and who is trusted."""

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from harness.attest.core.quorum import as_object, lines
from harness.attest.core.trust import Trust
from harness.commands.parts.output import print_json, say
from harness.host.processors import current_system
from harness.project.repository import find_repository
from harness.verify.core.verdict import overall


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
    if file is None:
        return None
    from harness.attest.against import read_trust  # noqa: PLC0415 - slow, and few have statements

    return read_trust(file)


def asked(
    names: Sequence[str],
    statements: Sequence[Path],
    threshold: int | None,
    trust: Trust | None,
    *,
    as_json: bool,
) -> int:
    """Print what the trusted builders say of environments; return the exit code."""
    from harness.attest.against import against  # noqa: PLC0415 - as above

    repository = find_repository()
    keys = repository.settings.trusted_keys if trust is None else trust.keys
    quorums = [
        against(environment, statements, keys, threshold, system=current_system())
        for environment in repository.select(names)
    ]
    verdict = overall(one.verdict for one in quorums)
    if as_json:
        told = {"verdict": verdict.value, "exit-code": verdict.code}
        print_json(told | {"environments": [as_object(one) for one in quorums]})
    else:
        for line in (line for quorum in quorums for line in lines(quorum)):
            say(line)
    return verdict.code
