"""Which versions are chosen, against uv where that may build, package by package in the same run.

Usage: ci/bench versions [NAME]... [--jobs N]. Without names, those of versions.txt. uv runs setup.py
of packages to find out what they require; harness runs nothing. Prints a line a package where the two
differ, with the reason that `harness add` would print; ends with 1 if one has none.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import uv
from packaging.utils import canonicalize_name

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from harness.documents.decode import decode
from harness.errors import HarnessError
from harness.host.core.architecture import ARCHITECTURES
from harness.lock.left_out import left_out
from harness.project.core.spec import EnvSpec
from harness.sources import index
from harness.sources.core.target import Target

LIST = Path(__file__).with_suffix(".txt")
TARGET = Target(architecture=ARCHITECTURES["x86_64-linux"], python="3.11.2", glibc=(2, 36))
SECONDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The version of one package by both, and what harness says of its own."""

    name: str
    ours: str
    peers: str
    said: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """Whether both chose one version, or neither any."""
        return self.ours == self.peers

    @property
    def has_reason(self) -> bool:
        """Whether a difference is explained."""
        return self.is_same or any(self.name in line for line in self.said)


def main(argv: Sequence[str] | None = None) -> int:
    """Print what differs and a summary; 1 if a difference has no reason."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=LIST.read_text().split())
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args(argv)
    with ThreadPoolExecutor(arguments.jobs) as pool:
        chosen = list(pool.map(choice, arguments.names))
    print(*lines(chosen), sep="\n")
    unsaid = [one.name for one in chosen if not one.has_reason]
    same = sum(one.is_same for one in chosen)
    print(f"{same} of {len(chosen)} the same; {len(unsaid)} of the others without a reason")
    return int(bool(unsaid))


def lines(chosen: Iterable[Choice]) -> Iterator[str]:
    """Yield what differs, each with its reasons."""
    for one in chosen:
        if not one.is_same:
            yield f"{one.name}: harness {one.ours or 'none'}, uv {one.peers or 'none'}"
            yield from (f"    {line}" for line in one.said or ("no reason is given",))


def choice(name: str) -> Choice:
    """Let both choose."""
    name = canonicalize_name(name)
    ours, said = by_harness(name)
    return Choice(name=name, ours=ours, peers=by_uv(name), said=said)


def by_harness(name: str) -> tuple[str, tuple[str, ...]]:
    """Return the version that harness locks, and what it says of it."""
    document = {"python": "3.11", "base": "debian:bookworm", "dependencies": [name]}
    spec = decode(EnvSpec, document, name)
    try:
        resolved = index.resolve(spec.dependencies, TARGET)
    except HarnessError as error:
        return "", (str(error).splitlines()[0],)
    versions = {found: version for found, version, _ in resolved}
    return versions[name], tuple(one.text for one in left_out(spec, TARGET, versions.items()))


def by_uv(name: str) -> str:
    """Return the version that uv chooses where it may build; nothing where it finds none."""
    with tempfile.TemporaryDirectory() as directory:
        argv = [
            *(uv.find_uv_bin(), "pip", "compile", "-", "--no-header", "--no-annotate", "-q"),
            *("--python-version", TARGET.python, "--python", sys.executable),
            *("--python-platform", "x86_64-manylinux_2_36"),
        ]
        completed = subprocess.run(
            argv,
            input=name,
            capture_output=True,
            text=True,
            cwd=directory,
            timeout=SECONDS,
            check=False,
        )
    pins = dict(line.split("==") for line in completed.stdout.splitlines() if "==" in line)
    return pins.get(name, "").partition(" ")[0]


if __name__ == "__main__":
    sys.exit(main())
