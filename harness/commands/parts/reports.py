"""How much `harness verify` shows, and which reports it writes."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness import __version__
from harness.commands.line.packed import packed
from harness.govern.core.detail import Detail
from harness.host.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.govern.core.assessment import Assessment

_FILE = click.Path(path_type=Path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """The files to write."""

    junit: Path | None
    html: Path | None
    sarif: Path | None

    def write(self, known: "Sequence[Assessment]", began: datetime) -> None:
        """Write them; `began` is when what is known was asked for."""
        if not (self.junit or self.sarif or self.html):
            return
        from harness.govern.core.report import as_junit
        from harness.govern.core.sarif import as_sarif
        from harness.verify.origin import made_here, ran_since

        if self.junit:
            write_atomically(self.junit, as_junit(known, ran_since(began)))
        if self.sarif:
            write_atomically(self.sarif, as_sarif(known, ran_since(began), __version__))
        if self.html:
            from harness.govern.core.page import as_html
            from harness.govern.production import run_pages

            pages = run_pages(known, self.html)
            write_atomically(self.html, as_html(known, pages, made_here()))


detail_options = packed(
    "detail",
    Detail,
    click.option("--explain", is_flag=True, help="Show everything that was found."),
    click.option(
        "--verbose", "-v", is_flag=True, help="List every output, not only those that are not SAME."
    ),
)

report_options = packed(
    "reports",
    Reports,
    click.option("--junit", type=_FILE, metavar="FILE", help="Write JUnit XML."),
    click.option("--html", type=_FILE, metavar="FILE", help="Write an HTML report."),
    click.option("--sarif", type=_FILE, metavar="FILE", help="Write SARIF 2.1.0."),
)
