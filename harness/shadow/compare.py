"""Shadow inference: production twice and the candidate once, asked the same, and judged.

images there -> arms started and ready -> warm -> requests one after the other until every family is
settled, doubtful ones again -> requests that do not wait, if a rate is set -> a verdict, and a
directory with everything that it was made from.
"""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from harness import __version__
from harness.build.core.image import Imaged
from harness.build.realise import OnProgress
from harness.build.toolchain import relay
from harness.container.engine import connect
from harness.container.relay import relay_image
from harness.diff.core.image_packages import Versions, compare_packages, locked_packages
from harness.diff.images import packages_in_engine
from harness.errors import HarnessError, InputError
from harness.host.files import write_atomically
from harness.image.make import image_of
from harness.lock.read import read_lock
from harness.project import workspace
from harness.project.repository import Environment
from harness.record import recordings
from harness.record.core.exchange import Request
from harness.render.junit import Ran
from harness.render.quantity import plural
from harness.shadow import comparisons
from harness.shadow.asking import Asking, OnStep
from harness.shadow.contestants import contestants
from harness.shadow.core.events import Event, Played
from harness.shadow.core.judge import Judge
from harness.shadow.core.page.page import Moved, page
from harness.shadow.core.result import Arm, Setup, ShadowResult, as_object, judged_again
from harness.shadow.core.spec import ShadowSpec
from harness.shadow.core.text import junit
from harness.shadow.options import Options
from harness.verdict import Judgement
from harness.verify.origin import made_here, ran_since


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Who is told how far it is: of the image's build, of each step, and the result at last.

    The result comes with the comparison's directory, before packages of the images are compared.
    """

    on_progress: OnProgress = lambda _: None
    on_step: OnStep = lambda _: None
    on_result: Callable[[ShadowResult, Path], None] = lambda _, __: None


UNWATCHED = Watch()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadowed:
    """What was found, and the comparison's directory."""

    result: ShadowResult
    directory: Path


def shadow(
    environment: Environment,
    options: Options,
    *,
    system: str,
    watch: Watch = UNWATCHED,
) -> Shadowed:
    """Compare an environment's image with production's, and keep the comparison.

    Raises:
        InputError: `[shadow]`, the recording or an image is missing or not valid.
        ToolError, BuildFailedError: no engine answers, or the image cannot be built.

    """
    with _asking(environment, options, system, watch) as (asking, asked):
        began = datetime.now(UTC)
        directory = comparisons.new_directory(_directories(environment), began)
        judge = Judge(spec=asking.spec)
        with comparisons.log(directory, asked) as log:

            def tell(event: Event) -> None:
                log.add(event)
                judge.observe(event)

            asking.compare(judge, tell, fixed=asked.fixed)
        result = judge.result(asked)
        _write_reports(directory, result, ran_since(began))
        watch.on_result(result, directory)
        watch.on_step("comparing the images' packages")
        if (packages := _packages(environment, asked, options, system)) is not None:
            comparisons.keep_packages(directory, packages)
            _write_page(directory, result, _moved(asked, packages))
        comparisons.vouch(directory)
    return Shadowed(result=result, directory=directory)


def earlier(environment: Environment, *, system: str) -> Shadowed | None:
    """Return the last comparison that asked for the same and settled, judged again from its log.

    Raises:
        InputError, ToolError, BuildFailedError: as `shadow`.

    """
    with _asking(environment, Options(seed=0), system, UNWATCHED) as (_, wanted):
        pass
    for directory in _earlier(environment):
        with suppress(HarnessError):
            asked = comparisons.asked(directory)
            if replace(asked, seed=0) == wanted:
                result = from_directory(directory)
                if result.judgement in {Judgement.PASS, Judgement.FAIL}:
                    return Shadowed(result=result, directory=directory)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedAgain:
    """One request as the arms answered it now, and how the candidate differs, in words."""

    request: Request
    played: Played
    reasons: tuple[str, ...]


def ask_again(
    environment: Environment,
    options: Options,
    number: int,
    *,
    system: str,
    watch: Watch = UNWATCHED,
) -> AskedAgain:
    """Ask one request of the recording again, without a verdict.

    Raises:
        InputError: as `shadow`, or the recording has no such request.
        ToolError, BuildFailedError: as `shadow`, or an arm does not become ready.

    """
    with _asking(environment, options, system, watch) as (asking, asked):
        if number >= len(asking.recording):
            raise InputError(f"the recording has {len(asking.recording)} requests, from 0")
        played = asking.ask_once(number)
        request = asking.recording[number].request
    judge = Judge(spec=asking.spec)
    judge.observe(played)
    worst = judge.result(asked).worst
    return AskedAgain(request=request, played=played, reasons=worst[0].reasons if worst else ())


@contextmanager
def _asking(
    environment: Environment,
    options: Options,
    system: str,
    watch: Watch,
) -> Iterator[tuple[Asking, Setup]]:
    """Make everything ready that arms are started with."""
    table = _changed(environment, options)
    spec = _decoded(table, environment.shown(environment.spec_path))
    image = environment.table(Imaged).image
    build = partial(image_of, environment, system=system, on_progress=watch.on_progress)
    with ExitStack() as stack:
        recording = stack.enter_context(recordings.read(environment.directory / spec.recording))
        if recording.cut:
            count = plural(len(recording), "whole request")
            watch.on_step(f"{spec.recording} ends early, as after a kill: it has {count}")
        engine = stack.enter_context(connect())
        engine.remove_left_over()
        arms = stack.enter_context(
            contestants(engine, spec.production, environment.directory, options.candidate, build)
        )
        asked = _setup(environment.name, arms, table, recording.sha256, options)
        asking = Asking(
            engine=engine,
            relay=relay_image(engine, relay(system), system),
            arms=arms,
            spec=spec,
            recording=recording,
            seed=asked.seed,
            run=secrets.token_hex(4),
            writable=image.writable if image else (),
            on_step=watch.on_step,
        )
        yield asking, asked


def _setup(
    name: str,
    arms: tuple[Arm, Arm, Arm],
    table: Mapping[str, Any],
    recording: str,
    options: Options,
) -> Setup:
    return Setup(
        environment=name,
        arms=arms,
        shadow=table,
        recording=recording,
        seed=secrets.randbits(32) if options.seed is None else options.seed,
        fixed=options.fixed is not None,
        options=options.words(),
        harness=__version__,
    )


def from_directory(directory: Path) -> ShadowResult:
    """Judge a comparison again, from its directory alone.

    Raises:
        InputError: it is not a comparison's directory, or damaged.

    """
    asked = comparisons.asked(directory)
    judge = Judge(spec=_decoded(asked.shadow, str(directory / comparisons.COMPARISON)))
    for event in comparisons.events(directory):
        judge.observe(event)
    return judged_again(judge.result(asked), comparisons.judgement(directory), __version__)


def _changed(environment: Environment, options: Options) -> dict[str, Any]:
    """Return `[shadow]` of env.toml as the options change it."""
    table = environment.document.get("shadow")
    if not isinstance(table, dict):
        where = environment.shown(environment.spec_path)
        raise InputError(f"{where}: no [shadow]; docs/shadow.md says what it needs")
    chosen = {
        "production": options.production,
        "recording": str(options.recording.absolute()) if options.recording else None,
        "requests": options.fixed,
    }
    return table | {key: value for key, value in chosen.items() if value is not None}


def _decoded(table: Mapping[str, Any], where: str) -> ShadowSpec:
    from harness.documents.decode import decode_whole  # noqa: PLC0415 - slow: pydantic

    return decode_whole(ShadowSpec, table, f"{where}: shadow")


def _directories(environment: Environment) -> Path:
    return environment.repository / ".harness" / "shadow" / environment.name


def _earlier(environment: Environment) -> list[Path]:
    """Return the directories of comparisons that were made here, the last one first."""
    return [
        one
        for one in workspace.directories(_directories(environment))[::-1]
        if comparisons.is_vouched(one)
    ]


def _write_reports(directory: Path, result: ShadowResult, ran: Ran) -> None:
    value = json.dumps(as_object(result), indent=2, ensure_ascii=False)
    write_atomically(directory / comparisons.RESULT, value.encode() + b"\n")
    write_atomically(directory / comparisons.JUNIT, junit(result, ran))
    _write_page(directory, result, None)


def _write_page(directory: Path, result: ShadowResult, moved: Sequence[Moved] | None) -> None:
    write_atomically(directory / comparisons.PAGE, page(result, moved, made_here()))


def _packages(
    environment: Environment, asked: Setup, options: Options, system: str
) -> dict[str, Versions] | None:
    """Return the packages of both images by their ids; None if they cannot be read.

    Those of the environment's own image are those of its lock. Others are read from the engine,
    which takes a while, unless an earlier one has done so: an id stands for the whole content.
    """
    production, _, candidate = asked.arms
    known = (
        {}
        if options.candidate
        else {candidate.image: locked_packages(read_lock(environment), system)}
    )
    with suppress(HarnessError):
        for arm in (production, candidate):
            if arm.image not in known:
                known[arm.image] = _read_before(environment, arm.image) or packages_in_engine(
                    arm.image
                )
        return known
    return None


def _read_before(environment: Environment, image: str) -> Versions | None:
    for directory in _earlier(environment):
        with suppress(HarnessError):
            if image in (known := comparisons.packages(directory)):
                return known[image]
    return None


def _moved(asked: Setup, packages: Mapping[str, Versions]) -> list[Moved]:
    """Return the packages that differ between the two images."""
    production, _, candidate = asked.arms
    moves = compare_packages(packages[production.image], packages[candidate.image])
    return [(f"{move.name} ({move.ecosystem})", move.first, move.second) for move in moves]
