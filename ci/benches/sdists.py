"""Which of the packages of tests/corpus/sdists.toml are built and imported, and how fast.

Usage: ci/bench sdists [NAME]... [--state FILE] [--runs N]. A line a package: the processor time
that its build takes in the sandbox, so that a busy machine does not matter, against `pip wheel
--no-build-isolation` of the same sdist with the same build requirements; or why it is not built.
What FILE has already is not done again.
Bars: 50 of 60 are built and imported; the median of the ratios is 1.2.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from harness.build.realise import instantiate
from harness.host.processors import current_system
from harness.lock.core.required import required
from harness.lock.core.values import Lock
from harness.lock.read import read_lock
from harness.project.repository import Environment, Repository
from harness.store import nix

CORPUS = Path(__file__).resolve().parents[2] / "tests/corpus/sdists.toml"
SYSTEM = current_system()
SETTINGS = {
    "pyyaml": 'debian-packages = ["libyaml-0-2"]\ncompiler-packages = ["libyaml-dev"]\n',
}
"""What else env.toml says for a package."""
BAR, BUILT_OF = 1.2, 50
SECONDS = 3000
STEPS = ("lock", "fetch", "build", "test")
Result = dict[str, Any]


def main() -> int:
    """Print a line a package and the sums; 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--state", type=Path, default=Path(tempfile.gettempdir(), "sdists.json"))
    parser.add_argument("--runs", type=int, default=1)
    arguments = parser.parse_args()
    known: dict[str, Result] = {}
    if arguments.state.exists():
        known = json.loads(arguments.state.read_text())
    every = [text for texts in tomllib.loads(CORPUS.read_text()).values() for text in texts]
    wanted = [
        text for text in every if not arguments.names or Requirement(text).name in arguments.names
    ]
    for text in wanted:
        if text not in known:
            known[text] = result(text, arguments.runs)
            arguments.state.write_text(json.dumps(known, indent=1))
        print(f"{text:32} {line(known[text])}", flush=True)
    return summary([known[text] for text in wanted], len(every))


def line(one: Result) -> str:
    """Say how a package fared."""
    if "reason" in one:
        return f"{one['step']}: {one['reason']}"
    if "without" in one:
        return f"{one['ours']:.2f} s; pip does not build it here: {one['without']}"
    return f"{one['ours']:.2f} s, pip {one['pip']:.2f} s: {one['ours'] / one['pip']:.2f} times"


def summary(results: Iterable[Result], of: int) -> int:
    """Print how many are built, and the median of the ratios."""
    built = [one for one in results if "ours" in one]
    ratios = [one["ours"] / one["pip"] for one in built if "pip" in one]
    if not ratios:
        return 1
    median = statistics.median(ratios)
    print(f"built and imported {len(built)} of {of}, bar {BUILT_OF}")
    print(f"median of {len(ratios)} ratios: {median:.2f}, bar {BAR}")
    return int(len(built) < BUILT_OF or median > BAR)


def result(text: str, runs: int) -> Result:
    """Build a package and import it; then measure its build and that of pip."""
    name = canonicalize_name(Requirement(text).name)
    with tempfile.TemporaryDirectory() as directory:
        top = Path(directory)
        (top / "harness.toml").touch()
        (top / "envs" / name).mkdir(parents=True)
        (top / "envs" / name / "env.toml").write_text(
            f'python = "3.11"\nbase = "debian:bookworm"\ntargets = ["{SYSTEM}"]\n'
            f'{SETTINGS.get(name, "")}dependencies = ["{text}"]\nsdists = ["{name}"]\n'
        )
        for step in STEPS:
            if reason := failed([sys.executable, "-m", "harness", step, name], top):
                return {"step": step, "reason": reason}
        (environment,) = Repository(root=top).select([name])
        ours = statistics.median(rebuilt(environment, name) for _ in range(runs))
        return pip(environment, name, top, runs) | {"ours": ours}


def failed(argv: list[str], directory: Path) -> str:
    """Run and return why it failed, in a line; nothing if it did not."""
    ran = subprocess.run(
        argv, cwd=directory, capture_output=True, text=True, check=False, timeout=SECONDS
    )
    if ran.returncode == 0:
        return ""
    lines = [one.strip() for one in (ran.stdout + ran.stderr).splitlines() if one.strip()]
    lines = [one for one in lines if not one.startswith(("warning:", "builder for"))]
    telling = [
        one for one in lines if re.search(r"[Ee]rror|not found|fatal|refuse|would|lacked", one)
    ]
    return (telling or lines or ["no word"])[-1][:300]


def rebuilt(environment: Environment, name: str) -> float:
    """Return the processor seconds that it takes Nix to build the wheel once more."""
    (top,) = instantiate(environment, ["environment"], system=SYSTEM)
    built = re.compile(rf"/nix/store/\w{{32}}-{name}-[^/]+-built\.drv")
    (derivation,) = filter(built.fullmatch, nix.requisites([top]))
    argv = ["nix-store", "--realise", "--check", *nix.options(), derivation]
    used = processor_time()
    subprocess.run(argv, check=True, capture_output=True, env=nix.environment())
    return processor_time() - used


def processor_time() -> float:
    """Return the seconds that children of this process have computed."""
    times = os.times()
    return times.children_user + times.children_system


def pip(environment: Environment, name: str, top: Path, runs: int) -> Result:
    """Return the processor seconds that pip takes, or why it does not."""
    lock = read_lock(environment)
    venv = top / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    python, wheels = str(venv / "bin/python"), [str(one) for one in building(lock, name, top)]
    install = [python, "-m", "pip", "install", "-q", "--no-deps", "--no-index", *wheels]
    if wheels:
        subprocess.run(install, check=True, capture_output=True)
    (sdist,) = named(
        lock, top, [one.file for one in lock.targets[SYSTEM].sdists if one.name == name]
    )
    argv = [python, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    argv += ["--no-cache-dir", "-w", str(top / "out"), str(sdist)]
    subprocess.run([*argv[:4], "--help"], check=True, capture_output=True)  # compiles pip itself
    spent = []
    for _ in range(runs):
        used = processor_time()
        if reason := failed(argv, top):
            return {"without": reason}
        spent.append(processor_time() - used)
    return {"pip": statistics.median(spent)}


def building(lock: Lock, name: str, top: Path) -> list[Path]:
    """Return the wheels that a package is built with, under their own names."""
    (own,) = [one for one in lock.targets[SYSTEM].sdists if one.name == name]
    return named(lock, top, own.build)


def named(lock: Lock, top: Path, files: Iterable[str]) -> list[Path]:
    """Return links to inputs in the store, under the names that the lock has for them."""
    places = {need.input.file: need.path for need in required(lock, [SYSTEM])}
    links = []
    for file in files:
        link = top / file
        link.symlink_to(places[file])
        links.append(link)
    return links


if __name__ == "__main__":
    sys.exit(main())
