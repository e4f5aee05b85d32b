"""Build an environment: instantiate what the lock says, let Nix realise it, hold it by a root.

Python orchestrates and Nix builds; nothing is downloaded here. A missing input is an error that
names the command that fetches it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files

from harness.adapters import kept, nix, process
from harness.adapters.store import read_derivation
from harness.core.builder_log import readable
from harness.errors import BuildFailedError, ToolError
from harness.flows.freshness import require_fresh
from harness.flows.inputs import require_inputs
from harness.flows.repository import Environment
from harness.flows.sources import require_sources

_PLANNED = re.compile(r"^(?:these (\d+) derivations|this derivation) will be built")
_STARTED = re.compile(r"^building '/nix/store/[0-9a-z]{32}-(.+)\.drv'")
_LAST_LOG_LINES = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a build is: derivations begun, all that are to be built, the one begun last."""

    begun: int
    planned: int
    name: str


OnProgress = Callable[[Progress], None]


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
    image = () if environment.spec().image is None else ("image",)
    return ("environment", "shell", "installer", *image)


def instantiate(environment: Environment, attributes: Sequence[str], *, system: str) -> list[str]:
    """Return the store paths of the derivations of attributes of `harness/nix/entry.nix`.

    Raises:
        InputError: env.toml is not valid, the lock is missing or stale, or what an image adds is
            not there.
        ToolError: Nix is missing or the evaluation failed.

    """
    require_fresh(environment)
    if "image" in attributes:
        require_sources(environment)
    with as_file(files("harness") / "nix") as library:
        return nix.instantiate(
            library / "entry.nix",
            arguments={
                "environments": str(environment.directory.parent),
                "name": environment.name,
                "system": system,
            },
            attributes=attributes,
        )


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
        system=system,
        jobs=jobs,
        on_progress=on_progress,
    )


def realise(
    environment: Environment,
    derivations: Mapping[str, str],
    *,
    system: str,
    jobs: int | None = None,
    on_progress: OnProgress = lambda _: None,
) -> Built:
    """Realise derivations by attribute and hold each by a root below `.harness/roots`.

    Each attribute is one derivation with one output. What is there and held costs no build.

    Raises:
        InputError: a link is in the way of the roots.
        ToolError: an input is missing, or Nix could not work.
        BuildFailedError: a builder failed; the message ends with its log's last lines.

    """
    outputs = [read_derivation(path).outputs["out"].path for path in derivations.values()]
    roots = [environment.roots / name for name in derivations]
    built = Built(derivations=tuple(derivations.values()), outputs=tuple(outputs))
    if nix.invalid_paths(outputs):
        require_inputs(environment.lock(), system, environment=environment.name)
    elif [kept.roots(environment.roots).get(root.name) for root in roots] == outputs:
        return built
    kept.directory(environment.roots)
    on_line = reporter(on_progress)
    for root, derivation in zip(roots, built.derivations, strict=True):
        completed = nix.realise([derivation], on_line=on_line, root=root, jobs=jobs)
        if completed.status != 0:
            raise failed_build(completed)
    return built


def failed_build(completed: process.Completed) -> ToolError:
    """Turn a failed realisation into an error that ends with the failing builders' last lines."""
    failed = list(dict.fromkeys(nix.FAILED.findall(completed.stderr)))
    if not failed:
        return process.failure(completed)
    return BuildFailedError("\n".join(_describe(derivation) for derivation in failed))


def _describe(derivation: str) -> str:
    lines = readable(nix.read_log(derivation)).splitlines()[-_LAST_LOG_LINES:]
    log = "\n".join(f"  {line}" for line in lines) or "  (the builder printed nothing)"
    return f"{derivation} failed to build; the end of its log:\n{log}"


def reporter(on_progress: OnProgress) -> Callable[[str], None]:
    """Return what reads Nix's messages line by line and reports how far the build is."""
    begun = planned = 0

    def on_line(line: str) -> None:
        nonlocal begun, planned
        if match := _PLANNED.match(line):
            planned = int(match[1] or 1)
        elif match := _STARTED.match(line):
            begun += 1
            on_progress(Progress(begun=begun, planned=max(planned, begun), name=match[1]))

    return on_line
