"""The comparison with production as a part of what is known of an environment."""

import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from harness.errors import InputError, ToolError
from harness.govern.core.assessment import Assessment, Comparison
from harness.project.repository import Environment
from harness.shadow import compare
from harness.shadow.comparisons import PAGE
from harness.shadow.core.text import summary
from harness.shadow.options import Options
from harness.verdict import Judgement


def compare_with_production(
    environment: Environment, *, system: str, fresh: bool, watch: compare.Watch = compare.UNWATCHED
) -> Comparison:
    """Compare what was built of an environment with production, as its `[shadow]` says.

    What an earlier run of the same images, rules and recording proved is not asked again, unless
    `fresh`. Where no comparison is possible the verdict is INCONCLUSIVE, and says why.

    Raises:
        IntegrityError: an image or program is not what was built.

    """
    try:
        known = None if fresh else compare.earlier(environment, system=system)
        done = known or compare.shadow(environment, Options(), system=system, watch=watch)
    except (InputError, ToolError) as error:
        return Comparison(judgement=Judgement.INCONCLUSIVE, lines=(f"not compared: {error}",))
    return Comparison(
        judgement=done.result.judgement,
        # They go to logs and reports that others read; the run's own report is its owner's.
        lines=tuple(summary(done.result, examples=False)[1:]),
        run=str(done.directory),
    )


def run_pages(known: Iterable[Assessment], page: Path) -> dict[str, str]:
    """Return the addresses of the runs' own pages, by environment, as seen from `page`."""
    runs = ((one.name, one.comparison.run) for one in known if one.comparison)
    found = ((name, Path(run) / PAGE) for name, run in runs if run)
    return {
        name: quote(os.path.relpath(report, page.resolve().parent))
        for name, report in found
        if report.is_file()
    }
