"""The shipped environments, fetched and built once a session from this repository's own locks."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.build.realise import build
from harness.fetch.bring import fetch
from harness.host import process
from harness.host.processors import current_system
from harness.project.repository import find_repository

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Shipped:
    """One built environment: its tree, the base below it, and the script that a shell sources."""

    name: str
    tree: Path
    base: Path
    enter: Path

    def run(self, *argv: str, **env: str) -> str:
        """Run a program of the environment with nothing but these variables, and return stdout."""
        return process.check([f"{self.tree}/bin/{argv[0]}", *argv[1:]], env=env, timeout=300)

    def python(self, program: str, **env: str) -> str:
        """Run a program text with the environment's interpreter."""
        return self.run("python", "-c", program, **env).strip()


def shipped(name: str) -> Shipped:
    """Fetch and build an environment of this repository."""
    (environment,) = find_repository(ROOT).select([name])
    system = current_system()
    fetch([environment], system=system)
    attributes = ("environment", "base", "shell")
    tree, base, enter = build(environment, attributes, system=system).outputs
    return Shipped(name=name, tree=Path(tree), base=Path(base), enter=Path(enter))


@pytest.fixture(scope="session", params=["serving", "science"])
def environment(request: pytest.FixtureRequest) -> Shipped:
    """Each of two interpreters and C libraries: bookworm's 3.11 and trixie's 3.13."""
    return shipped(request.param)


@pytest.fixture(scope="session")
def serving() -> Shipped:
    """The demo environment."""
    return shipped("serving")
