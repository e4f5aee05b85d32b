"""Find out what is to be known: rebuild, compare with production, or ask other builders.

declared differences -> every output rebuilt -> what of it is waived -> compared with production, if
env.toml says how and it could be built -> one value for each environment.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from harness.attest.core.trust import Trust, Trusted, placed
from harness.build.realise import OnProgress
from harness.govern.core.assessment import UNBUILT, UNWANTED, Assessment, Comparison
from harness.govern.declared import repository, select
from harness.project.repository import Environment
from harness.verdict import Verdict
from harness.verify.benign import covered, declared
from harness.verify.core.benign import Benign, Declared, Expected
from harness.verify.core.verdict import Verification
from harness.verify.environment import verify, verify_foreign
from harness.verify.rebuild import Options
from harness.verify.subjects import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be known of which environments, and of which derivations that others made.

    `trust` takes the place of what the repository declares. `compares` asks for the comparison with
    production.
    """

    environments: Sequence[Environment]
    foreign: Target | None
    options: Options
    trust: Trust | None = None
    compares: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Who is told how far it is: what is done now, and what is known as soon as it is."""

    doing: Callable[[str], AbstractContextManager[OnProgress]]
    on_verified: Callable[[Assessment], None]
    on_compared: Callable[[Assessment], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """Something to verify: how, which differences are declared for it, what else it is."""

    name: str
    verify: Callable[..., Verification]
    declared: tuple[Benign, ...] = ()
    environment: Environment | None = None


def assess(wanted: Wanted, watch: Watch, *, system: str) -> list[Assessment]:
    """Return what is known, in the order asked for; a failed build ends it unless all is wanted.

    Raises:
        InputError, ToolError, IntegrityError: as `verify` and `verify_foreign`.

    """
    known: list[Assessment] = []
    for subject in _subjects(wanted, system):
        one = _verified(subject, wanted, watch)
        watch.on_verified(one)
        built = one.verdict is not Verdict.BUILD_FAILED
        comparison = _compared(subject.environment, wanted, watch, system, built=built)
        one = replace(one, comparison=comparison)
        watch.on_compared(one)
        known.append(one)
        if not built and not wanted.options.keep_going:
            break
    return known


def known_of(environment: Environment, found: Verification, waivers: Expected) -> Assessment:
    """Return what is known of an environment that was verified, with what it declares itself."""
    return Assessment(
        name=environment.name,
        verification=found,
        waivers=waivers,
        declared=environment.table(Declared).benign,
        declared_in=environment.shown(environment.spec_path),
    )


def ask_builders(
    names: Sequence[str],
    statements: Sequence[Path],
    trust: Trust | None,
    threshold: int | None,
    *,
    system: str,
) -> list[Assessment]:
    """Return what trusted builders say of environments; nothing is rebuilt.

    Raises:
        InputError, ToolError, IntegrityError: as `against`.

    """
    from harness.attest.against import against  # noqa: PLC0415 - slow, and few have statements

    found = repository()
    keys = placed(found.table(Trusted), found.where) if trust is None else trust.keys
    return [
        Assessment(
            name=one.name, statements=against(one, statements, keys, threshold, system=system)
        )
        for one in select(names, found)
    ]


def _subjects(wanted: Wanted, system: str) -> Iterator[_Subject]:
    instead = None if wanted.trust is None else wanted.trust.benign
    whole = replace(wanted.options, alone=False)
    for one in wanted.environments:
        yield _Subject(
            name=one.name,
            verify=partial(verify, one, whole, system=system),
            declared=declared(one, instead),
            environment=one,
        )
    if target := wanted.foreign:
        run = partial(verify_foreign, target, wanted.options, system=system)
        yield _Subject(name=target.name, verify=run)


def _verified(subject: _Subject, wanted: Wanted, watch: Watch) -> Assessment:
    with watch.doing(f"verifying {subject.name}") as on_progress:
        found = subject.verify(on_progress=on_progress)
        waivers = covered(found, subject.declared)
    if subject.environment and wanted.trust is None:
        return known_of(subject.environment, found, waivers)
    return Assessment(name=subject.name, verification=found, waivers=waivers)


def _compared(
    environment: Environment | None, wanted: Wanted, watch: Watch, system: str, *, built: bool
) -> Comparison | None:
    """Compare what was built of an environment with production if env.toml says how."""
    if environment is None or "shadow" not in environment.document:
        return None
    if not (wanted.compares and built):
        return UNBUILT if wanted.compares else UNWANTED
    # Takes a quarter of a second, which environments without production need not wait.
    from harness.govern.production import compare_with_production  # noqa: PLC0415
    from harness.shadow.compare import Watch as RunWatch  # noqa: PLC0415

    with watch.doing(f"comparing {environment.name}") as on_progress:
        return compare_with_production(
            environment,
            system=system,
            fresh=wanted.options.fresh,
            watch=RunWatch(on_progress=on_progress),
        )
