"""Fail where a check's command did, as `command.py` recorded it; $out leads to what is recorded.

In the environment: out, kind, ran (what is recorded), log (the derivation whose log is the
command's), programs (JSON objects: `debian` and `python`, program -> package; `instead`, program ->
what to call).
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

RAN = Path(os.environ["ran"])
MOST_CASES = 10
NOT_FOUND = "127"
WHERE_FROM = (
    "a package brings it (`harness add`), or one of Debian's: `debian-packages` in env.toml"
)


def main() -> None:
    """Lead to what is recorded, or say what failed."""
    status = (RAN / "status").read_text().strip()
    if status == "0":
        os.symlink(RAN, os.environ["out"])
        return
    print(*told(status), sep="\n")
    sys.exit(f"the check {os.environ['kind']} failed with status {status}")


def told(status: str) -> Iterator[str]:
    """Yield what is known of a command that failed, the gravest last."""
    yield f"the whole log: nix-store --read-log {os.environ['log']}"
    yield f"to have it run again: `harness test`, or nix-store --delete {RAN}"
    yield from failed()
    absent = (RAN / "absent").read_text().splitlines()
    yield from (f"{name}: not in the sandbox; {brought(name)}" for name in absent)
    if status == NOT_FOUND and not absent:
        yield f"a program that it calls is not there; {WHERE_FROM}"


def failed() -> Iterator[str]:
    """Yield the cases that failed."""
    cases = json.loads((RAN / "cases.json").read_text())["cases"]
    wrong = [one for one in cases if one["outcome"] in {"failure", "error"}]
    for one in wrong[:MOST_CASES]:
        yield f"{one['name']}: {next(iter(one['message'].splitlines()), one['outcome'])}"
    if len(wrong) > MOST_CASES:
        yield f"and {len(wrong) - MOST_CASES} more"


def brought(program: str) -> str:
    """Say which package has a program."""
    known = json.loads(os.environ["programs"])
    if instead := known["instead"].get(program):
        more = f"; {brought(instead)}" if instead in known["debian"] else ""
        return f"say `{instead}`{more}"
    if program in known["debian"]:
        return f'debian-packages = ["{known["debian"][program]}"]'
    if program in known["python"]:
        return f"`harness add {known['python'][program]}`"
    return WHERE_FROM


main()
