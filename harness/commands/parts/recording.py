"""Where `harness record` takes exchanges from: a service, or a file of another tool."""

from dataclasses import dataclass
from pathlib import Path

import click

from harness.commands.line.packed import packed
from harness.record.imported import FORMATS
from harness.record.live import Options
from harness.record.writer_process import Ends

_MB = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A service behind a proxy, and when that ends; or a file to import, with its format."""

    listen: str | None
    upstream: str | None
    max_size: int | None
    max_requests: int | None
    seconds: float | None
    not_only_loopback: bool
    source: Path | None
    form: str | None

    def imported(self) -> tuple[Path, str] | None:
        """Return the file to import and its format; None where a service is to be recorded."""
        proxy = (self.listen, self.upstream, self.max_size, self.max_requests, self.seconds)
        is_live = self.not_only_loopback or any(one is not None for one in proxy)
        if self.source and self.form and not is_live:
            return self.source, self.form
        if self.listen and self.upstream and not self.source and not self.form:
            return None
        raise click.UsageError(
            "give --listen and --upstream, or only --from, --format and --output"
        )

    def options(self, output: Path, fields: tuple[str, ...]) -> Options:
        """Return what to record, of a service."""
        size = self.max_size and self.max_size * _MB
        return Options(
            listen=self.listen or "",
            upstream=self.upstream or "",
            output=output,
            fields=fields,
            ends=Ends(requests=self.max_requests, size=size, seconds=self.seconds),
            only_loopback=not self.not_only_loopback,
        )


source_options = packed(
    "source",
    Source,
    click.option("--listen", metavar="[HOST:]PORT", help="Where clients connect; port 0 is any."),
    click.option("--upstream", metavar="URL", help="The service: http://HOST:PORT or https."),
    click.option(
        "--max-size", type=click.IntRange(1), metavar="MB", help="End at about this size."
    ),
    click.option(
        "--max-requests", type=click.IntRange(1), metavar="N", help="End after N requests."
    ),
    click.option("--for", "seconds", type=click.FloatRange(0), metavar="SECONDS", help="End then."),
    click.option("--not-only-loopback", is_flag=True, help="Let other machines connect."),
    click.option(
        "--from", "source", type=click.Path(path_type=Path), metavar="FILE", help="Import."
    ),
    click.option("--format", "form", type=click.Choice(list(FORMATS)), help="Of that FILE."),
)
