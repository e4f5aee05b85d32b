"""`harness verify`."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from harness.attest.core.trust import Trust
from harness.commands.parts.against import against_options, asked, chosen_trust
from harness.commands.parts.factors import DURATION, chosen_factors, factor_options
from harness.commands.parts.output import jobs_option, json_option, print_json
from harness.commands.parts.progress import building
from harness.commands.parts.shadowed import (
    Compared,
    held_against,
    reports_of,
    shadow_exit_code,
    with_shadows,
)
from harness.commands.parts.verification import (
    Judged,
    Run,
    covered_paths,
    exit_code,
    show,
    with_benign,
)
from harness.host.files import write_atomically
from harness.host.processors import cpus, current_system
from harness.project.repository import find_repository
from harness.verdict import Verdict, gravest_code
from harness.verify.benign import declared
from harness.verify.core.page import as_html
from harness.verify.core.report import as_junit, as_object
from harness.verify.environment import verify, verify_foreign
from harness.verify.origin import made_here, ran_since
from harness.verify.rebuild import Options
from harness.verify.subjects import in_file, is_environment, named, together


@click.command(
    epilog="""\b
Examples:
  harness verify                       every environment
  harness verify serving --fresh       rebuild also what was found the same before
  harness verify /nix/store/….drv      any derivation, or an output of one
  harness verify .#packages.x86_64-linux.serving --recursive
  harness verify --file release.nix --attr tool --explain
  harness verify --junit report.xml    for a CI server
  harness verify serving --against statements --trust trust.toml
Exit: 0 same, 1 different, 2 input, 3 build or tool failed, 4 inconclusive, 5 corrupt, 6 invalid.
"""
)
@click.argument("targets", nargs=-1, metavar="[ENV|PATH|FLAKE#ATTR]...")
@click.option("--file", type=click.Path(exists=True, path_type=Path), help="A Nix file to verify.")
@click.option("--attr", "-A", multiple=True, metavar="ATTR", help="An attribute of that file.")
@click.option("--recursive", is_flag=True, help="Also what a derivation is built from.")
@factor_options
@click.option(
    "--budget", type=DURATION, default="10m", metavar="TIME", help="For finding a cause (90s, 10m)."
)
@against_options
@click.option(
    "--shadow/--no-shadow",
    "with_shadow",
    default=True,
    help="Compare with production too, where env.toml has [shadow] (default).",
)
@click.option("--fresh", is_flag=True, help="Ignore what earlier runs found.")
@click.option("--keep-going", is_flag=True, help="Verify what there is when a build fails.")
@jobs_option("Rebuilds at once (default: one a CPU).")
@click.option("--explain", is_flag=True, help="Show all the evidence.")
@click.option("--junit", type=click.Path(path_type=Path), metavar="FILE", help="Write JUnit XML.")
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE", help="Write a page.")
@click.option("--verbose", "-v", is_flag=True, help="List every output, not only the exceptions.")
@json_option
def command(
    targets: tuple[str, ...],
    file: Path | None,
    attr: tuple[str, ...],
    recursive: bool,
    plain: bool,
    factor: tuple[str, ...],
    budget: float,
    statements: tuple[Path, ...],
    threshold: int | None,
    trust: Path | None,
    with_shadow: bool,
    fresh: bool,
    keep_going: bool,
    jobs: int | None,
    explain: bool,
    junit: Path | None,
    html: Path | None,
    verbose: bool,
    as_json: bool,
) -> None:
    """Rebuild under changed conditions, compare bit for bit, and name the cause of a difference."""
    began = datetime.now(UTC)
    options = Options(
        fresh=fresh,
        jobs=jobs or cpus(),
        factors=chosen_factors(factor, plain=plain),
        budget=budget,
        alone=not recursive,
    )
    if attr and not file:
        raise click.UsageError("--attr names an attribute of --file")
    if threshold and not statements:
        raise click.UsageError("--threshold counts the builders of --against")
    trusted = chosen_trust(trust)
    if statements:
        sys.exit(asked(targets, statements, threshold, trusted, as_json=as_json))
    found: list[Judged] = []
    held: Compared = {}
    for one in _runs(targets, file, attr, options, trusted, keep_going=keep_going):
        with building(f"verifying {one.name}") as on_progress:
            found.append(one.run(on_progress))
        if not as_json:
            show(found[-1], verbose=verbose, explain=explain)
        built = found[-1].found.verdict is not Verdict.BUILD_FAILED
        held |= held_against(
            one.compared, wanted=with_shadow, fresh=fresh, quiet=as_json, built=built
        )
        if not built and not keep_going:
            break
    verifications = [one.found for one in found]
    if junit:
        write_atomically(
            junit, as_junit(verifications, ran_since(began), covered_paths(found), held)
        )
    if html:
        write_atomically(html, as_html(verifications, held, reports_of(held, html), made_here()))
    if as_json:
        print_json(with_shadows(with_benign(as_object(verifications), found), held))
    sys.exit(gravest_code([exit_code(found), shadow_exit_code(held)]))


def _runs(
    targets: tuple[str, ...],
    file: Path | None,
    attributes: tuple[str, ...],
    options: Options,
    trust: Trust | None,
    *,
    keep_going: bool,
) -> Iterator[Run]:
    """Yield each thing to verify."""
    system = current_system()
    foreign = [named(name) for name in targets if not is_environment(name)]
    foreign += [in_file(file, attributes)] if file else []
    names = [name for name in targets if is_environment(name)]
    if names or not foreign:
        whole = replace(options, alone=False)
        for environment in find_repository().select(names):
            run = partial(verify, environment, whole, system=system, keep_going=keep_going)
            yield Run(
                name=environment.name,
                verify=run,
                declared=declared(environment, None if trust is None else trust.benign),
                environment=environment if trust is None else None,
                compared=environment,
            )
    if foreign:
        target = together(foreign)
        yield Run(name=target.name, verify=partial(verify_foreign, target, options, system=system))
