"""`harness record`."""

import sys
from pathlib import Path

import click

from harness.commands.parts.output import json_option, say_above
from harness.commands.parts.progress import counting
from harness.commands.parts.recorded import print_recorded
from harness.commands.parts.recording import Source, source_options
from harness.errors import ToolError
from harness.record.imported import import_recording
from harness.record.live import Watch, record


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
@click.option("--output", required=True, type=click.Path(path_type=Path), metavar="FILE")
@click.option(
    "--redact",
    multiple=True,
    metavar="FIELD",
    help="Leave this out: a.b of JSON, header:NAME or query:NAME.",
)
@source_options
@json_option
def command(output: Path, redact: tuple[str, ...], source: Source, as_json: bool) -> None:
    """Record requests to a service by a proxy before it, or import them, for `harness shadow`."""
    if found := source.imported():
        done = import_recording(*found, output, redact)
    else:
        with counting(f"recording into {output}") as on_count:
            watch = Watch(on_ready=_say, on_count=on_count, on_failure=_say)
            done = record(source.options(output, redact), watch)
    print_recorded(output, done, as_json=as_json)
    if done.failure:
        sys.exit(ToolError.exit_code)


def _say(what: str) -> None:
    say_above(f"harness: {what}")
