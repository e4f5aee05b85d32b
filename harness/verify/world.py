"""The world that verification works in: a store and a clock, this machine's or a test's."""

from dataclasses import dataclass

from harness.host.clock import SYSTEM_CLOCK, Clock
from harness.store.verbs import NIX, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Where derivations are built, and what tells the time."""

    store: Store = NIX
    clock: Clock = SYSTEM_CLOCK


THIS_MACHINE = World()
