"""How well missing libraries are foretold: the doctor's word against a real import.

Usage: ci/bench libraries [PACKAGE]... [--list LIST] [--limit SECONDS]. For each package of a list
in tests/corpus/libraries.toml: an environment with it is locked and fetched, what is missing is
foretold, and the environment is built all the same and its modules are imported, each in a process
of its own, with nothing of the host's and a home of its own. An import that fails for want of a
library that a file needs counts, as the loader itself tells (LD_DEBUG); a library that a program
opens by name counts apart. Prints a line a package and the rates. Exit 1 if a bar is missed: 95 %
precision and recall of imports that fail, 80 % of the libraries that are opened by name.
"""

import argparse
import json
import re
import shutil
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import HarnessError
from harness.fetch.bring import fetch
from harness.host import process
from harness.host.processors import current_system
from harness.libraries.core.advice import Found
from harness.libraries.look import look
from harness.lock.make import lock
from harness.project.repository import Environment, Repository

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = current_system()
_ABSENT = re.compile(r"([^\s:'\"]+): cannot open shared object file")
_OLD = re.compile(r"version `GLIBC_[0-9.]+' not found")
_NEEDED = re.compile(r"file=(\S+) \[0\];\s+needed by")
_BAR, _BAR_BY_NAME = 0.95, 0.8
_BASE = 'python = "3.11"\nbase = "debian:bookworm"\ntargets = ["x86_64-linux"]\n'


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was foretold of a package and what happened; `why` there is no answer, or what was.

    `by_name`: it fails for want of a library that a program opens by name.
    """

    package: str
    foretold: bool = False
    fails: bool = False
    by_name: bool = False
    wanted: int = 0
    named: int = 0
    why: str = ""
    said: str = ""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure the named packages, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="PACKAGE")
    parser.add_argument("--list", default="packages", choices=("packages", "unseen"))
    parser.add_argument("--limit", type=float, default=36_000, help="begin no package after that")
    arguments = parser.parse_args(argv)
    listed = tomllib.loads((ROOT / "tests/corpus/libraries.toml").read_text())[arguments.list]
    until, outcomes = time.monotonic() + arguments.limit, []
    for name in arguments.names or listed:
        if time.monotonic() > until:
            print(f"out of time before {name}")
            break
        outcomes.append(one := measured(name, listed[name]))
        print(json.dumps(vars(one)), flush=True)
    return summary(outcomes)


def measured(package: str, wanted: dict[str, list[str]]) -> Outcome:
    """Foretell, build and import a package."""
    directory = Path(tempfile.mkdtemp(prefix="harness-libraries-"))
    try:
        (environment,) = Repository(root=written(directory, package)).select(["x"])
        lock(environment, record_urls=False)
        fetch([environment], system=SYSTEM)
        found = look(environment, system=SYSTEM)
        absent = sorted({one.library for one in found.needed})
        said, needed = imported(
            declared(environment, directory, package, absent), wanted["imports"], directory
        )
    except HarnessError as error:
        return Outcome(package=package, why=str(error)[-300:])
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    opens = wanted.get("opens", [])
    return Outcome(
        package=package,
        foretold=bool(found.needed),
        fails=needed or bool({*_ABSENT.findall(said)} & {*absent}),
        by_name=not needed and _ABSENT.search(said) is not None,
        wanted=len(opens),
        named=sum(is_told(found, package, name) for name in opens),
        said=said[-200:],
        why=", ".join(absent),
    )


def written(directory: Path, package: str, rest: str = "") -> Path:
    """Write a repository with an environment of one package."""
    (directory / "envs/x").mkdir(parents=True, exist_ok=True)
    (directory / "harness.toml").write_text("")
    text = f'{_BASE}dependencies = ["{package}"]\n{rest}'
    (directory / "envs/x/env.toml").write_text(text)
    return directory


def declared(
    environment: Environment, directory: Path, package: str, absent: Sequence[str]
) -> Environment:
    """Return the environment with what is missing declared as unused, so that it is built."""
    written(directory, package, f"[libraries]\nunused = {json.dumps(absent)}\n")
    (again,) = Repository(root=directory).select([environment.name])
    return again


def imported(environment: Environment, modules: Sequence[str], home: Path) -> tuple[str, bool]:
    """Build; return what failed imports ended with, and if a library was absent that is needed."""
    from harness.build.realise import build  # noqa: PLC0415 - beside what it is for

    output = build(environment, system=SYSTEM).outputs[0]
    said, fails = [], False
    for module in modules:
        log = home / f"log-{module}"
        argv = [f"{output}/bin/python", "-c", f"import {module}"]
        env = {"HOME": str(home), "PATH": f"{output}/bin", "QT_QPA_PLATFORM": "offscreen"}
        env |= {"LD_DEBUG": "files", "LD_DEBUG_OUTPUT": str(log)}
        ran = process.run(argv, env=env, timeout=300)
        if ran.status:
            told = "".join(one.read_text(errors="replace") for one in home.glob(f"{log.name}.*"))
            absent = {*_ABSENT.findall(ran.stderr)}
            fails |= bool(absent & {*_NEEDED.findall(told)} or _OLD.search(ran.stderr))
            said.append(ran.stderr.strip()[-400:] or f"status {ran.status}")
    return "\n".join(said), fails


def is_told(found: Found, package: str, name: str) -> bool:
    """Return whether a library is named, of the package itself or of what it depends on."""
    bare = name.removeprefix("lib")
    told = [library.removeprefix("lib") for _, library in found.opened]
    return bool(package) and any(one.startswith(bare) for one in told)


def summary(outcomes: Sequence[Outcome]) -> int:
    """Print the rates and return whether they hold."""
    known = [one for one in outcomes if one.foretold or one.fails or not one.why]
    true = sum(one.foretold and one.fails for one in known)
    precision = true / max(sum(one.foretold for one in known), 1)
    recall = true / max(sum(one.fails for one in known), 1)
    wanted = sum(one.wanted for one in known)
    named = sum(one.named for one in known) / max(wanted, 1)
    print(
        f"{len(known)} of {len(outcomes)} packages; {sum(one.fails for one in known)} fail for "
        f"want of a library that a file needs, {sum(one.by_name for one in known)} of one that is "
        f"opened by name: precision {precision:.1%}, recall {recall:.1%}; "
        f"opened by name: {named:.1%} of {wanted}"
    )
    return int(min(precision, recall) < _BAR or named < _BAR_BY_NAME)


if __name__ == "__main__":
    sys.exit(main())
