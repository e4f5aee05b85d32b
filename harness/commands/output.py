"""What the verbs share in talking to scripts: one JSON object, common options."""

import json
from collections.abc import Callable, Iterable
from typing import Any

import click

from harness.core.notice import Notice

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on stdout and nothing else."
)


def print_json(value: dict[str, Any]) -> None:
    """Print one object, keys in the given order."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def waiting_for(environment: str) -> Callable[[], None]:
    """Return what says on stderr that another process changes an environment."""
    said = f"{environment}: another harness is changing it; waiting for that to end"
    return lambda: click.echo(said, err=True)


def warn(notices: Iterable[Notice]) -> list[str]:
    """Say on stderr what a person should know though all went well, and return it for scripts."""
    texts = [notice.text for notice in notices]
    for text in texts:
        click.echo(f"warning: {text}", err=True)
    return texts


def jobs_option(what: str) -> Callable[[click.decorators.FC], click.decorators.FC]:
    """Return the option `--jobs N`."""
    return click.option("--jobs", "-j", type=click.IntRange(1), metavar="N", help=what)
