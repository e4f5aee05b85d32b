"""Build an environment: instantiate what the lock says, let Nix realise it, hold it by a root.

Python orchestrates and Nix builds; nothing is downloaded here. A missing input is an error that
names the command that fetches it.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import as_file, files

from harness.build.core.image import Imaged
from harness.build.links import require_copied
from harness.build.own import own_arguments
from harness.build.own_files import left_out, sources, told
from harness.errors import BuildFailedError, IntegrityError, ToolError
from harness.fetch.present import require_inputs, require_locked
from harness.lock.freshness import require_fresh
from harness.lock.read import read_lock
from harness.project import workspace
from harness.project.repository import Environment
from harness.store import builds
from harness.store.core.builder_log import readable
from harness.store.core.building import Realised
from harness.store.core.log import Begun, Failure
from harness.store.derivations import read_closure
from harness.store.verbs import NIX, Store

_NAME = re.compile(r"/nix/store/[0-9a-z]{32}-(.+)\.drv")
_TOO_DEEP = re.compile(
    r"getting status of \W{0,20}?(/[\w/.+?=-]{1,300}\.drv)\.chroot/.{1700}", re.DOTALL
)
"""What Nix itself says where a path in a sandbox is too long; errors are cut at 2,000 letters."""
_LAST_LOG_LINES = 25
_PARTS = frozenset({"base", "inputs", "installer", "package", "seed"})
_OF_INPUTS = _PARTS - {"package"}
"""Attributes that do not need every wheel, and those of them that need inputs alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a build is: derivations begun, all that are to be built, the one begun last."""

    begun: int
    planned: int
    name: str


OnProgress = Callable[[Progress], None]


def _silent(_: Progress) -> None:
    """Report nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """How derivations are built: where, how many at once (None: as Nix is set), who hears of it."""

    jobs: int | None = None
    on_progress: OnProgress = field(default=_silent)
    store: Store = NIX


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """Realised attributes of an environment: derivations and their outputs, in order."""

    derivations: tuple[str, ...]
    outputs: tuple[str, ...]


def verified(environment: Environment) -> tuple[str, ...]:
    """Return the attributes whose closures are all that harness builds of an environment.

    The environment comes first. The installer builds wheels and is needed by nothing that was
    built, so it wants its own place; an image exists where env.toml has `[image]`.

    Raises:
        InputError: env.toml is not valid.

    """
    image = () if environment.table(Imaged).image is None else ("image",)
    return ("environment", "shell", "installer", *image)


def instantiate(
    environment: Environment, attributes: Sequence[str], *, system: str, store: Store = NIX
) -> list[str]:
    """Return the store paths of the derivations of attributes of `harness/nix/entry.nix`.

    Raises:
        InputError: env.toml is not valid, the lock is missing or stale, or what an image adds is
            not there.
        ToolError: Nix is missing or the evaluation failed.
        IntegrityError: Nix would build from other files than the lock names.

    """
    require_fresh(environment)
    require_copied(environment)
    own = {} if _OF_INPUTS.issuperset(attributes) else own_arguments(environment, store)
    left = left_out(environment, sources(environment, attributes))
    with as_file(files("harness") / "nix") as library, told(left.below) as untracked:
        derivations = store.instantiate(
            library / "entry.nix",
            arguments={
                "environments": str(environment.directory.parent),
                "name": environment.name,
                "system": system,
                "untracked": untracked,
                **own,
            },
            attributes=attributes,
        )
    whole = not _PARTS.issuperset(attributes)
    closure = read_closure(derivations, store.derivation).values()
    require_locked(environment.name, read_lock(environment), system, closure, whole=whole)
    return derivations


def build(
    environment: Environment,
    attributes: Sequence[str] = ("environment",),
    *,
    system: str,
    jobs: int | None = None,
    on_progress: OnProgress = lambda _: None,
) -> Built:
    """Instantiate attributes, realise them, and hold each by a root.

    Raises:
        InputError: as `instantiate`.
        ToolError, BuildFailedError: as `realise`.

    """
    derivations = instantiate(environment, attributes, system=system)
    return realise(
        environment,
        dict(zip(attributes, derivations, strict=True)),
        Making(jobs=jobs, on_progress=on_progress),
        system=system,
    )


def realise(
    environment: Environment,
    derivations: Mapping[str, str],
    making: Making,
    *,
    system: str,
) -> Built:
    """Realise derivations by attribute and hold each by a root below `.harness/roots`.

    Each attribute is one derivation with one output. What is there and held costs no build.

    Raises:
        InputError: a link is in the way of the roots, or a library would be missing.
        ToolError: an input is missing, or Nix could not work.
        BuildFailedError: a builder failed; the message ends with its log's last lines.

    """
    store = making.store
    outputs = [store.derivation(path).outputs["out"].path for path in derivations.values()]
    roots = [environment.roots / name for name in derivations]
    built = Built(derivations=tuple(derivations.values()), outputs=tuple(outputs))
    invalid = store.invalid_paths(outputs)
    _require_there(set(outputs) - set(invalid), environment.name, store)
    if invalid:
        lock = read_lock(environment)
        require_inputs(lock, system, environment=environment.name, store=store)
        # It brings what downloads; a build that is there already does without.
        from harness.libraries.look import refuse_missing  # noqa: PLC0415

        refuse_missing(environment, system=system, store=store)
    elif [workspace.roots(environment.roots).get(root.name) for root in roots] == outputs:
        return built
    workspace.directory(environment.roots)
    on_begun = reporter(making.on_progress)
    for root, derivation in zip(roots, built.derivations, strict=True):
        realised = store.realise([derivation], on_begun=on_begun, root=root, jobs=making.jobs)
        if realised.status != 0:
            raise failed_build(realised, store)
    return built


def _require_there(outputs: Iterable[str], name: str, store: Store) -> None:
    """Refuse what the store lists and does not hold."""
    if gone := [output for output in outputs if not store.is_there(output)]:
        raise IntegrityError(
            f"{gone[0]}: the store lists it, but it is gone; run `harness build --repair {name}`"
        )


def failed_build(realised: Realised, store: Store = NIX) -> ToolError:
    """Turn a failed realisation into an error that ends with the failing builders' last lines."""
    failed = {one.derivation: one for one in realised.failed if one.derivation}
    for too_deep in filter(None, (_TOO_DEEP.match(one.message) for one in realised.failures)):
        return BuildFailedError(
            f"{too_deep[1]} failed to build: Nix cannot read what it made, at a path of more than "
            "1,700 bytes; 4,095 is the most that a path may have"
        )
    if not failed:
        return builds.failure(realised)
    return BuildFailedError("\n".join(_describe(path, one, store) for path, one in failed.items()))


def _describe(derivation: str, failure: Failure, store: Store) -> str:
    lines = readable(store.read_log(derivation)).splitlines()[-_LAST_LOG_LINES:]
    log = "\n".join(f"  {line}" for line in lines) or "  (the builder printed nothing)"
    return f"{derivation} failed to build; the end of its log:\n{log}\n  {failure.message}"


def reporter(on_progress: OnProgress) -> builds.OnBegun:
    """Return what hears of builds that begin and reports how far all of them are."""

    def on_begun(one: Begun) -> None:
        match = _NAME.fullmatch(one.derivation)
        name = match[1] if match else one.derivation
        on_progress(Progress(begun=one.begun, planned=one.planned, name=name))

    return on_begun
