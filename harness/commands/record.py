"""`harness record`."""

import sys
from collections.abc import Mapping
from pathlib import Path

import click

from harness.adapters.recorder import Ends
from harness.commands.output import json_option, print_json
from harness.commands.progress import counting
from harness.errors import ToolError
from harness.flows.record import Options, Watch, record

_MB = 1_000_000


@click.command(
    epilog="""\b
Examples:
  harness record --listen 9000 --upstream http://127.0.0.1:8080 --output day.rec
      then send the service's traffic to port 9000; Ctrl-C ends the recording
  harness record --listen 9000 --upstream http://127.0.0.1:8080 --output day.rec \\
      --redact user.name --for 3600
Credentials in headers are never recorded. Exit: 0 recorded, 3 the recording had to stop early.
"""
)
@click.option(
    "--listen", required=True, metavar="[HOST:]PORT", help="Where clients connect; port 0 is any."
)
@click.option(
    "--upstream", required=True, metavar="URL", help="The service: http://HOST:PORT or https."
)
@click.option("--output", required=True, type=click.Path(path_type=Path), metavar="FILE")
@click.option("--redact", multiple=True, metavar="FIELD", help="Not to be recorded; repeatable.")
@click.option("--max-size", type=click.IntRange(1), metavar="MB", help="End at about this size.")
@click.option("--max-requests", type=click.IntRange(1), metavar="N", help="End after N requests.")
@click.option("--for", "seconds", type=click.FloatRange(0), metavar="SECONDS", help="End then.")
@click.option("--not-only-loopback", is_flag=True, help="Let other machines connect.")
@json_option
def command(
    listen: str,
    upstream: str,
    output: Path,
    redact: tuple[str, ...],
    max_size: int | None,
    max_requests: int | None,
    seconds: float | None,
    not_only_loopback: bool,
    as_json: bool,
) -> None:
    """Record requests to a service by a proxy before it, for `harness shadow`."""
    options = Options(
        listen=listen,
        upstream=upstream,
        output=output,
        fields=redact,
        ends=Ends(requests=max_requests, size=max_size and max_size * _MB),
        seconds=seconds,
        only_loopback=not not_only_loopback,
    )
    with counting(f"recording into {output}") as on_count:
        done = record(options, Watch(on_ready=_say, on_count=on_count, on_failure=_say))
    _print(done.count, done.not_recorded, output, done.failure, as_json=as_json)
    if done.failure:
        sys.exit(ToolError.exit_code)


def _say(what: str) -> None:
    click.echo(f"harness: {what}", err=True)


def _print(
    count: int, left_out: Mapping[str, int], output: Path, failure: str | None, *, as_json: bool
) -> None:
    if as_json:
        by_reason = {"recorded": count, "not-recorded": dict(left_out), "failure": failure}
        print_json({"recording": str(output), **by_reason})
        return
    click.echo(f"{output}: {count} requests recorded, {sum(left_out.values())} not")
    for reason, times in sorted(left_out.items()):
        click.echo(f"  {times} {reason}")
