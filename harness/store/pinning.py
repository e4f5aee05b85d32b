"""Pinning a flake's input: flake.lock gets another revision and its hash, all else stays.

Nix fetches and hashes. Where `nix-prefetch-github` and what it starts are there, it is asked first
for an input of GitHub's: it names the revision without GitHub's API, and Nix must find the same
hash.
"""

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import HarnessError, InputError, IntegrityError, ToolError
from harness.host import foreign, process
from harness.host.files import write_atomically
from harness.host.scratch import scratch
from harness.store.core.flake import flake_lock, require_fetchable, told_of
from harness.store.core.pins import (
    Input,
    answered,
    directory_of,
    input_of,
    require_single,
    wanted,
    with_pin,
)
from harness.store.evaluation import fetch, fetching_environment, inputs_of

_PREFETCH = "nix-prefetch-github"
_NEEDED = (_PREFETCH, "nix-prefetch-url", "nix-prefetch-git")
"""It hashes by the second, and only where the third is there too."""
_SECONDS = 1800
_REVISION = re.compile(r"[0-9a-f]{40}")
_UNREACHABLE = re.compile(
    r"(?:Could not|Couldn't) resolve|(?:Couldn't|Failed to|Could not) connect|timed out|Timeout"
    r"|Connection refused|unable to access|reset by peer"
)
_UNKNOWN = re.compile(
    r"HTTP error 404|find remote ref|not our ref|Cannot find Git revision"
    r"|repository \S+ not found|bad object"
)
_OTHER_HASH = re.compile(r"(?:NAR )?hash mismatch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """What was pinned: the input and where it is, its revisions, its hash, and who found that."""

    input: str
    place: str
    previous: str
    revision: str
    hash: str
    by: tuple[str, ...]


def pin(root: Path, name: str, revision: str = "") -> Pinned:
    """Pin an input of the flake in a directory: to a revision, or to what its branch has now.

    Raises:
        InputError: there is no such input or revision, or it is none that can be pinned.
        ToolError: it cannot be fetched, or the lock cannot be written.
        IntegrityError: two programs found two hashes.

    """
    if revision and not _REVISION.fullmatch(revision):
        raise InputError(f"--rev {revision!a}: give all 40 digits of a commit, which never moves")
    path = root / "flake.lock"
    where = path.name
    lock = flake_lock(foreign.read(path, where), where)
    one = input_of(lock, name, where)
    with told_of(where):
        require_fetchable(name, one.locked, where)
    facts, by = _fetched(one, revision, where)
    write_atomically(path, with_pin(lock, one, facts))
    return Pinned(
        input=name,
        place=one.place,
        previous=str(one.locked.get("rev", "")),
        revision=str(facts.get("rev", "")),
        hash=str(facts["narHash"]),
        by=by,
    )


def _fetched(one: Input, revision: str, where: str) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    asked = wanted(one, revision, where)
    known = _prefetched(asked)
    with scratch() as top:
        try:
            (facts,) = fetch([{**asked, **known} if known else asked], top / "f", is_fresh=True)
        except ToolError as error:
            raise _explained(error, one, revision) from error
    if one.node.get("flake", True):
        inputs = inputs_of(Path(facts["outPath"], directory_of(one, where)))
        with told_of(where):
            require_single(one, inputs, where)
    return facts, ("Nix", _PREFETCH) if known else ("Nix",)


def _prefetched(asked: Mapping[str, Any]) -> dict[str, str]:
    """Return revision and hash of what GitHub has; nothing without an answer.

    Whatever it could not find, Nix does not find either, and says why.
    """
    if asked["type"] != "github" or "host" in asked or not all(map(shutil.which, _NEEDED)):
        return {}
    name = asked.get("rev", asked.get("ref"))
    argv = [_PREFETCH, *([f"--rev={name}"] if name else []), "--json", "--"]
    argv += [str(asked["owner"]), str(asked["repo"])]
    completed = process.run(argv, env=fetching_environment(), timeout=_SECONDS)
    return answered(completed.stdout) if completed.status == 0 else {}


def _explained(error: ToolError, one: Input, revision: str) -> HarnessError:
    """Say in one line what is wrong, where Nix's words are known."""
    said = str(error)
    asked = revision or one.node["original"].get("ref", "what it names now")
    rows: Sequence[tuple[re.Pattern[str], HarnessError]] = (
        (_OTHER_HASH, IntegrityError(f"{one.name}: {_PREFETCH} and Nix found two hashes")),
        (_UNREACHABLE, ToolError(f"{one.name}: {one.place} cannot be reached from here")),
        (_UNKNOWN, InputError(f"{one.name}: {one.place} does not have {asked}")),
    )
    return next((told for pattern, told in rows if pattern.search(said)), error)
