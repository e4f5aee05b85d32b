"""A locked environment whose inputs are in a store that is kept in memory."""

from dataclasses import dataclass
from pathlib import Path

from harness.host.processors import current_system
from harness.lock.core.required import required
from harness.lock.core.values import Lock
from harness.lock.read import read_lock
from harness.project.repository import Environment, Repository
from tests import fakes, stores
from tests.fake_store import Builder, FakeStore, Tree, always

SYSTEM = current_system()
ATTRIBUTES = ("environment", "shell", "installer")


@dataclass
class LockedEnvironment:
    """The environment `a`, what it is built from, and the store that has it."""

    store: FakeStore
    environment: Environment
    lock: Lock
    inputs: list[str]

    def made_by(self, builder: Builder) -> str:
        """Let a builder make the environment, and return its derivation."""
        derivation = self.store.attributes["environment"]
        self.store.builders[derivation] = builder
        return derivation


def locked_environment(directory: Path) -> LockedEnvironment:
    """Write a repository with an environment that is locked and fetched, and not built."""
    store = FakeStore(directory / "store")
    (directory / "repository").mkdir()
    nowhere = fakes.Server(address="files.invalid")
    stores.write_repository(directory / "repository", a=stores.published_lock(nowhere))
    files = {path.removeprefix("/"): content for path, content in nowhere.files.items()}
    (environment,) = Repository(root=directory / "repository").select(["a"])
    lock = read_lock(environment)
    seed: Tree = {"bin/busybox": stores.BUSYBOX}
    inputs = []
    for need in required(lock, [SYSTEM]):
        inputs.append(need.path)
        store.fixed(need.path, seed if need.is_seed else files[need.input.file])
        if need.is_seed:
            (store.place(need.path) / "bin/busybox").chmod(0o755)
            store.lie(need.path)
    known = list(store.derivations)
    for name in ATTRIBUTES:
        store.attributes[name] = store.add(name, always(out=b"same"), needs=known)
    store.attributes["shim"] = store.built("shim", always(out={"shim.so": b"\x7fELF"}))
    store.runs.clear()
    return LockedEnvironment(store, environment, lock, inputs)
