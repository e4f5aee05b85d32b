"""Rebuild one derivation under a setting: with factors moved, or with all but some pinned."""

import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from harness.errors import BuildFailedError, ToolError
from harness.host import processors
from harness.host.files import explained
from harness.store import builds
from harness.store.core.building import Rebuilt, Under
from harness.store.core.contents import NOTHING, Contents
from harness.store.core.derivation import Derivation
from harness.store.verbs import Store
from harness.verify import sandbox
from harness.verify.core.causes.plan import Plan
from harness.verify.core.factors.conditions import Conditions, Reach, Reached
from harness.verify.core.factors.rows import registered
from harness.verify.core.factors.setting import Crowd, Setting, moving, pinned_but
from harness.verify.kept_trees import rebuilt_apart
from harness.verify.sandbox import Perturbation
from harness.verify.world import THIS_MACHINE, World

_ANOTHER_SECOND = 2.1
"""Archives keep times in steps of two seconds."""
_MOST_KILLED = 7
_INSTRUCTIONS = frozenset({"avx2", "avx", "fma", "avx512f"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """The conditions of rebuilds, and the shim that moves most of their factors, if any.

    What was `rehashed` in this run is not rehashed again.
    """

    conditions: Conditions
    shim: Path | None = None
    world: World = THIS_MACHINE
    rehashed: Contents = NOTHING


def set_up(
    moved: Collection[str] = (),
    *,
    shim: Path | None = None,
    without: Mapping[str, str] | None = None,
    world: World = THIS_MACHINE,
) -> Setup:
    """Set up rebuilds that move factors on this machine; none of them is a plain rebuild.

    Those of `without` cannot be moved, for the reason given there, and this machine may lack what
    others need.

    Raises:
        ToolError: Nix is missing or does not work.

    """
    flags = processors.processor_flags()
    lacking = dict(without or {})
    if not _INSTRUCTIONS & set(flags):
        lacking["instruction-set"] = "this processor has no newer instructions to leave out"
    unwanted = {name: "not asked for" for name in registered().names if name not in moved}
    lacking = {name: reason for name, reason in lacking.items() if name in moved}
    conditions = Conditions(
        nix=world.store.version(),
        kernel=processors.kernel(),
        processor=processors.processor(),
        flags=flags,
        cpus=processors.cpus(),
        shim=shim.parent.name if shim else "",
        moved=frozenset(moved) - lacking.keys(),
        not_exercised={**unwanted, **lacking},
    )
    return Setup(conditions=conditions, shim=shim, world=world)


class Perturber:
    """Lays out rebuilds: which factors to move, by which shim, on which processors."""

    def __init__(self, setup: Setup, *, jobs: int) -> None:
        """Share the processors that this process may use among `jobs` rebuilds at once."""
        self.moved = setup.conditions.moved
        self.world = setup.world
        self._shim = setup.shim
        self._now = int(setup.world.clock.now().timestamp())
        allowed = processors.allowed_cpus()
        self._total = len(allowed)
        self._free: SimpleQueue[int] = SimpleQueue()
        for job in range(jobs):
            self._free.put(allowed[job % len(allowed)])

    def crowds(self, reach: Reach) -> list[Crowd]:
        """Return what may show what a rebuild that is told of one processor did not."""
        wanted = {Crowd.IN_TURN: reach.counted, Crowd.AT_ONCE: reach.shares}
        can = self._total > 1 and {"cpus", "schedule"} <= self.moved
        return [crowd for crowd, is_wanted in wanted.items() if can and is_wanted]

    @contextmanager
    def moving(
        self, derivation: Derivation, *, crowd: Crowd | None = None
    ) -> Iterator[Perturbation]:
        """Prepare the rebuild that moves every factor, by itself or in a crowd."""
        kept = derivation.environment
        setting = moving(self.moved, cpus=self._total, kept=kept, crowd=crowd)
        with self._prepared(setting) as prepared:
            yield prepared

    @contextmanager
    def planned(self, plan: Plan, derivation: Derivation) -> Iterator[Perturbation]:
        """Prepare a rebuild that moves some factors and pins the others."""
        setting = pinned_but(
            plan.moved,
            self.moved,
            cpus=self._total,
            kept=derivation.environment,
            variant=plan.variant,
        )
        with self._prepared(setting.at(self._now)) as prepared:
            yield prepared

    @contextmanager
    def _prepared(self, setting: Setting) -> Iterator[Perturbation]:
        cpu = self._free.get()
        try:
            with sandbox.perturbed(setting, shim=self._shim, cpu=cpu) as prepared:
                yield prepared
        finally:
            self._free.put(cpu)


def rebuilt_to_its_end(
    path: str, outputs: Iterable[str], prepared: Perturbation, store: Store
) -> Rebuilt:
    """Rebuild, once more where Nix killed the builder that was about to end, some times at most.

    A builder is process 1 of its sandbox and cannot send itself SIGKILL; Nix sends it once the
    output is closed. The shim holds that open, so where it reached the builder, something else
    killed it, and that is how the rebuild ended.
    """
    wanted = tuple(outputs)
    for _ in range(_MOST_KILLED):
        rebuilt = store.rebuild(path, wanted, prepared.under)
        if not rebuilt.killed or prepared.reach().reached is Reached.BUILDER:
            break
    return rebuilt


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Rebuilds of one derivation whose trees stay below `directory`, each in one of its own."""

    perturber: Perturber
    path: str
    derivation: Derivation
    directory: Path

    def rebuild(self, plan: Plan) -> dict[str, str] | None:
        """Rebuild and return the tree of each output by name; None if the builder failed.

        Raises:
            ToolError: Nix could not work.

        """
        if plan.pause:
            self.perturber.world.clock.sleep(_ANOTHER_SECOND)
        with self.perturber.planned(plan, self.derivation) as prepared:
            if len(self.derivation.outputs) == 1:
                return self._beside(prepared)
            return self._apart(prepared.under)

    def _beside(self, prepared: Perturbation) -> dict[str, str] | None:
        ((name, output),) = self.derivation.outputs.items()
        store = self.perturber.world.store
        with builds.rebuilding([output.path]):
            rebuilt = rebuilt_to_its_end(self.path, [output.path], prepared, store)
            if kept := rebuilt.differing.get(output.path):
                tree = self._copied(Path(kept))
                store.discard(Path(kept))
                return {name: tree}
        if rebuilt.status == 0:
            return {name: output.path}
        if rebuilt.failed:
            return None
        raise ToolError(f"{self.path}: could not be rebuilt:\n{rebuilt.said}")

    def _apart(self, under: Under) -> dict[str, str] | None:
        try:
            with rebuilt_apart(self.path, under, self.perturber.world.store) as root:
                return {
                    name: self._copied(root / output.path.lstrip("/"))
                    for name, output in self.derivation.outputs.items()
                }
        except BuildFailedError:
            return None

    def _copied(self, tree: Path) -> str:
        with explained(self.directory):
            target = self.directory / str(sum(1 for _ in self.directory.iterdir()))
            if tree.is_dir() and not tree.is_symlink():
                shutil.copytree(tree, target, symlinks=True)
            else:
                shutil.copy2(tree, target, follow_symlinks=False)
        return str(target)
