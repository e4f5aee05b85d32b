"""Which versions are chosen, against uv where that may build, package by package in the same run.

Usage: ci/bench versions [NAME]... [--jobs N]. Without names, those of versions.txt. uv runs the
setup.py of packages to find out what they require; harness runs nothing. Prints a line a package
where the two differ, with the reason that `harness add` would print; ends with 1 if one has none.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    """Versions by package as both chose them for one requirement, and what harness says of its own.

    Nothing is chosen where there is no solution.
    """

    name: str
    ours: Mapping[str, str]
    peers: Mapping[str, str]
    said: tuple[str, ...]

    @property
    def differing(self) -> list[str]:
        """The packages that both have, and the one asked for, in different versions."""
        both = {self.name, *(self.ours.keys() & self.peers.keys())}
        return sorted(one for one in both if self.ours.get(one) != self.peers.get(one))

    @property
    def unsaid(self) -> list[str]:
        """Those of them that nothing is said of, nor of the package asked for."""
        told = [one for one in self.differing if any(one in line for line in self.said)]
        return [] if self.name in told else [one for one in self.differing if one not in told]


def main(argv: Sequence[str] | None = None) -> int:
    """Print what differs and a summary; 1 if a difference has no reason."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=LIST.read_text().split())
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args(argv)
    with ThreadPoolExecutor(arguments.jobs) as pool:
        chosen = list(pool.map(choice, arguments.names))
    print(*lines(chosen), sep="\n")
    same = sum(one.name not in one.differing for one in chosen)
    nowhere = sum(not one.ours and not one.peers for one in chosen)
    alike = sum(not one.differing for one in chosen)
    unsaid = sum(bool(one.unsaid) for one in chosen)
    print(
        f"{same} of {len(chosen)} the same version ({nowhere} by neither), {alike} with all that "
        f"they require; {unsaid} differ without a reason"
    )
    return int(bool(unsaid))


def lines(chosen: Iterable[Choice]) -> Iterator[str]:
    """Yield what differs, each with its reasons."""
    for one in chosen:
        for name in one.differing:
            ours, peers = (found.get(name, "none") for found in (one.ours, one.peers))
            through = "" if name == one.name else f" (for {one.name})"
            yield f"{name}{through}: harness {ours}, uv {peers}"
        if one.differing:
            yield from (f"    {line}" for line in one.said or ("no reason is given",))


def choice(name: str) -> Choice:
    """Let both choose."""
    name = canonicalize_name(name)
    ours, said = by_harness(name)
    return Choice(name=name, ours=ours, peers=by_uv(name), said=said)


def by_harness(name: str) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Return the versions that harness locks, and what it says of them."""
    document = {"python": "3.11", "base": "debian:bookworm", "dependencies": [name]}
    spec = decode(EnvSpec, document, name)
    try:
        resolved = index.resolve(spec.dependencies, TARGET)
    except HarnessError as error:
        return {}, (str(error).splitlines()[0],)
    versions = {found: version for found, version, _ in resolved}
    return versions, tuple(one.text for one in left_out(spec, TARGET, versions.items()))


def by_uv(name: str) -> Mapping[str, str]:
    """Return the versions that uv chooses where it may build."""
    argv = [
        *(uv.find_uv_bin(), "pip", "compile", "-", "--no-header", "--no-annotate", "-q"),
        *("--python-version", TARGET.python, "--python", sys.executable),
        *("--python-platform", "x86_64-manylinux_2_36"),
    ]
    with tempfile.TemporaryDirectory() as directory:
        completed = subprocess.run(
            argv,
            input=name,
            capture_output=True,
            text=True,
            cwd=directory,
            timeout=SECONDS,
            check=False,
        )
    pins = (line.split("==") for line in completed.stdout.splitlines() if "==" in line)
    return {name: version.strip() for name, version in pins}


if __name__ == "__main__":
    sys.exit(main())
