"""How `harness verify` rebuilds, and what it does besides."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from harness.commands.line.packed import packed
from harness.commands.parts.factors import DURATION, Moved
from harness.commands.parts.output import jobs_option
from harness.commands.parts.targets import Targets
from harness.host.processors import cpus

if TYPE_CHECKING:
    from harness.attest.core.trust import Trust
    from harness.govern.assess import Wanted
    from harness.project.repository import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilding:
    """How long to search, whether to compare with production, what to do afresh or all the same."""

    budget: float
    compares: bool
    fresh: bool
    keep_going: bool
    jobs: int | None

    def wanted(
        self,
        environments: "list[Environment]",
        what: Targets,
        moved: Moved,
        trust: "Trust | None",
    ) -> "Wanted":
        """Return what is wanted to be known."""
        from harness.govern.assess import Wanted
        from harness.verify.rebuild import Options

        options = Options(
            fresh=self.fresh,
            jobs=self.jobs or cpus(),
            factors=moved.factors(),
            budget=self.budget,
            alone=not what.recursive,
            keep_going=self.keep_going,
        )
        return Wanted(
            environments=environments,
            foreign=what.foreign(),
            options=options,
            trust=trust,
            compares=self.compares,
        )


rebuilding_options = packed(
    "rebuilding",
    Rebuilding,
    click.option(
        "--budget",
        type=DURATION,
        default="10m",
        metavar="TIME",
        help="Time to spend on finding a cause (90s, 10m).",
    ),
    click.option(
        "--shadow/--no-shadow",
        "compares",
        default=True,
        help="Compare with production too, where env.toml has [shadow] (default).",
    ),
    click.option("--fresh", is_flag=True, help="Ignore the results of earlier runs."),
    click.option(
        "--keep-going", is_flag=True, help="Go on when a build fails, and verify the rest."
    ),
    jobs_option("Rebuilds at once (default: one a CPU)."),
)
