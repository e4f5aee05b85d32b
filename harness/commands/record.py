"""`harness record`."""

import sys
from pathlib import Path

import click

from harness.commands.parts.output import json_option, say_above
from harness.commands.parts.progress import counting
from harness.commands.parts.recorded import print_recorded
from harness.errors import ToolError
from harness.record.imported import FORMATS, import_recording
from harness.record.live import Options, Watch, record
from harness.record.scribe import FOREVER, Ends

_MB = 1_000_000


@click.command(
    epilog="""\b
Examples:
  harness record --listen 9000 --upstream http://127.0.0.1:8080 --output day.rec
      then send the service's traffic to port 9000; Ctrl-C ends the recording
  harness record --listen 9000 --upstream http://127.0.0.1:8080 --output day.rec \\
      --redact user.name --redact header:x-user --redact query:user --for 3600
  harness record --from traffic.har --format har --output day.rec
Credentials in headers, URLs and forms are never recorded; what else is secret takes --redact.
Exit: 0 recorded, 2 input, 3 the recording had to stop early.
"""
)
@click.option("--listen", metavar="[HOST:]PORT", help="Where clients connect; port 0 is any.")
@click.option("--upstream", metavar="URL", help="The service: http://HOST:PORT or https.")
@click.option("--output", required=True, type=click.Path(path_type=Path), metavar="FILE")
@click.option("--redact", multiple=True, metavar="FIELD", help="a.b of JSON, header:a or query:a.")
@click.option("--max-size", type=click.IntRange(1), metavar="MB", help="End at about this size.")
@click.option("--max-requests", type=click.IntRange(1), metavar="N", help="End after N requests.")
@click.option("--for", "seconds", type=click.FloatRange(0), metavar="SECONDS", help="End then.")
@click.option("--not-only-loopback", is_flag=True, help="Let other machines connect.")
@click.option("--from", "source", type=click.Path(path_type=Path), metavar="FILE", help="Import.")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), help="Of that FILE.")
@json_option
def command(
    listen: str | None,
    upstream: str | None,
    output: Path,
    redact: tuple[str, ...],
    max_size: int | None,
    max_requests: int | None,
    seconds: float | None,
    not_only_loopback: bool,
    source: Path | None,
    form: str | None,
    as_json: bool,
) -> None:
    """Record requests to a service by a proxy before it, or import them, for `harness shadow`."""
    ends = Ends(requests=max_requests, size=max_size and max_size * _MB, seconds=seconds)
    if source and form and not (listen or upstream or not_only_loopback or ends != FOREVER):
        imported = import_recording(source, form, output, redact)
        print_recorded(output, imported, as_json=as_json)
        return
    if not listen or not upstream or source or form:
        raise click.UsageError(
            "give --listen and --upstream, or only --from, --format and --output"
        )
    options = Options(
        listen=listen,
        upstream=upstream,
        output=output,
        fields=redact,
        ends=ends,
        only_loopback=not not_only_loopback,
    )
    with counting(f"recording into {output}") as on_count:
        done = record(options, Watch(on_ready=_say, on_count=on_count, on_failure=_say))
    print_recorded(output, done, as_json=as_json)
    if done.failure:
        sys.exit(ToolError.exit_code)


def _say(what: str) -> None:
    say_above(f"harness: {what}")
