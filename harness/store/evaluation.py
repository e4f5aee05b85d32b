"""Evaluating Nix code of others: what it says is believed, what it could do is held down.

It may read the tree that it is in and the store, and nothing else; it starts no program, asks no
network and no registry, builds nothing on the way, writes no lock, and sees no variable. Of a flake
the lock alone says what is fetched, by harness and before any of its code is read; its `nixConfig`
is never looked at. What this leaves open stands in docs/security.md.
"""

import json
import os
import re
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from harness.errors import ToolError
from harness.host import foreign, process
from harness.host.files import explained
from harness.host.scratch import scratch
from harness.store import nix
from harness.store.core.flake import Kind, Reference, candidates, decode_flake_lock, fetched
from harness.store.local_flake import Source, found, of_directory, of_git

_HELD: Mapping[str, str] = {
    "restrict-eval": "true",
    "allow-import-from-derivation": "false",
    "allow-unsafe-native-code-during-evaluation": "false",
    "experimental-features": "",
}
_FETCHING: Mapping[str, str] = {
    "experimental-features": "nix-command flakes",
    "accept-flake-config": "false",
    "use-registries": "false",
    "flake-registry": "",
}
_GIT: Mapping[str, str] = {
    "core.fsmonitor": "false",
    "core.hooksPath": "/dev/null",
    "core.attributesFile": "/dev/null",
    "core.pager": "cat",
    "protocol.ext.allow": "never",
    "protocol.file.allow": "never",
    "submodule.recurse": "false",
}
_SECONDS = 1800
_FETCH = """
map (input:
  let tree = builtins.fetchTree input;
  in { path = "${tree}"; facts = removeAttrs tree [ "outPath" ]; }
) (builtins.fromJSON (builtins.readFile %s))
"""
_WANTED = re.compile(r"harness wants input ([^']+)")
"""What harness/nix/foreign.nix says before it ends; only what the lock names is fetched."""
_OLD = re.compile(r"continuing with the most recent version|using cached version")
"""What Nix says where it could not ask anew, and takes what it has."""
_FORBIDDEN = re.compile(r"is forbidden in restricted mode")


def instantiate_file(file: Path, top: Path, attributes: Sequence[str]) -> list[str]:
    """Evaluate attributes of a Nix file and return their derivations' store paths, in that order.

    `top` is the directory that it may read.

    Raises:
        InputError: it is not a regular file.
        ToolError: the evaluation failed.

    """
    if not file.is_dir():
        foreign.require(file, str(file))
    argv = [str(file), *(part for attribute in attributes for part in ("-A", attribute))]
    return _paths(_evaluated(argv, readable=[top]))


def inputs_of(flake: Path) -> list[str]:
    """Return the names of the inputs that a flake in the store has, in order.

    Raises:
        InputError: its flake.nix is not a regular file.
        ToolError: the evaluation failed.

    """
    file = flake / "flake.nix"
    foreign.require(file, str(file))
    argv = ["--eval", "--strict", "--json", "--expr"]
    completed = _evaluated(
        [*argv, f"builtins.attrNames ((import {file}).inputs or {{ }})"], readable=[]
    )
    if completed.status != 0:
        raise _explained(process.failure(completed), completed.stderr)
    return [str(name) for name in json.loads(completed.stdout)]


def instantiate_flake(reference: Reference, system: str) -> list[str]:
    """Evaluate an attribute of a flake and return its derivation's store path.

    Raises:
        InputError: there is no flake, or its lock would have something fetched that may not be.
        ToolError: a source cannot be fetched, or the evaluation failed.

    """
    with scratch() as top, explained(top):
        facts = top / "facts.json"
        with _source(reference) as source:
            (root,) = fetch([source.tree], top / "fetch.json")
        directory = source.directory or reference.directory
        flake = Path(root["outPath"], directory)
        foreign.require(flake / "flake.nix", f"{reference.place}: flake.nix")
        lock = _lock(flake / "flake.lock", f"{reference.place}: flake.lock")
        given = {
            "root": {**root, **source.facts},
            "directory": directory,
            "lock": lock,
            "sources": {},
            "candidates": candidates(reference.attribute, system),
        }
        return _put_together(given, facts)


def _put_together(given: dict[str, Any], facts: Path) -> list[str]:
    """Evaluate a flake, and once more for each input that turns out to be needed."""
    wanted, sources = fetched(given["lock"]), given["sources"]
    with as_file(files("harness") / "nix" / "foreign.nix") as resolver:
        argv = [str(resolver), "--argstr", "facts", str(facts)]
        while True:
            facts.write_text(json.dumps(given), encoding="utf-8")
            completed = _evaluated(argv, readable=[resolver, facts])
            name = next(iter(_WANTED.findall(completed.stderr)), None)
            if completed.status == 0 or name not in wanted or name in sources:
                return _paths(completed)
            (sources[name],) = fetch([wanted[name]], facts)


@contextmanager
def _source(reference: Reference) -> Iterator[Source]:
    """Yield what fetchTree is to fetch of the flake itself; a copy of it is there until the end."""
    match reference.kind:
        case Kind.FETCHED:
            yield Source(tree=reference.place)
        case Kind.DIRECTORY:
            yield of_directory(Path(reference.place))
        case Kind.GIT:
            with of_git(Path(reference.place), reference.revision) as source:
                yield source
        case Kind.FOUND:
            with found(Path(reference.place, reference.directory)) as source:
                yield source


def _lock(path: Path, where: str) -> dict[str, Any]:
    if not os.path.lexists(path):
        return {"root": "root", "nodes": {"root": {}}, "version": 7}
    return decode_flake_lock(foreign.read(path, where), where)


def fetch(
    inputs: Collection[object], given: Path, *, is_fresh: bool = False
) -> list[dict[str, Any]]:
    """Fetch trees into the store and return what Nix says of each.

    `given` is a file of ours to write; a fresh one asks anew what a branch or an address has.

    Raises:
        ToolError: one cannot be fetched; ends with what Nix said.

    """
    given.write_text(json.dumps([*inputs]), encoding="utf-8")
    text = _FETCH % json.dumps(str(given))
    fetching = {**_FETCHING, **({"tarball-ttl": "0"} if is_fresh else {})}
    argv = ["nix-instantiate", "--eval", "--strict", "--json", *nix.options(fetching), "-"]
    environment = {**fetching_environment(), "TMPDIR": str(given.parent)}
    completed = process.run(argv, env=environment, stdin=text, timeout=_SECONDS)
    if completed.status != 0 or (is_fresh and _OLD.search(completed.stderr)):
        raise process.failure(completed)
    trees = json.loads(completed.stdout)
    return [{**tree["facts"], "outPath": tree["path"]} for tree in trees]


def _evaluated(argv: Sequence[str], *, readable: Sequence[Path]) -> process.Completed:
    allowed = enumerate([*readable, nix.STORE])
    paths = [part for at, path in allowed for part in ("-I", f"harness-{at}={path}")]
    program = shutil.which("nix-instantiate") or "nix-instantiate"
    completed = process.run(
        [program, *nix.options(_HELD), *paths, *argv], env=_environment(), timeout=_SECONDS
    )
    return replace(completed, argv=("nix-instantiate", *argv[:1]))


def _paths(completed: process.Completed) -> list[str]:
    if completed.status != 0:
        raise _explained(process.failure(completed), completed.stderr)
    return [path.partition("!")[0] for path in completed.stdout.split()]


def _explained(failure: ToolError, said: str) -> ToolError:
    if _FORBIDDEN.search(said):
        return ToolError(
            f"{failure}\n  others' Nix code reads its own tree and the store alone, and fetches "
            "only from what allowed-uris of nix.conf names; docs/security.md says why"
        )
    return failure


def _environment() -> dict[str, str]:
    """Return the environment of an evaluation, in which no program is found."""
    return nix.environment() | {"PATH": os.devnull}


def fetching_environment() -> dict[str, str]:
    """Return the environment in which Nix fetches: git obeys nobody's configuration but ours."""
    numbered = enumerate(_GIT.items())
    settings = {
        variable: text
        for at, (key, value) in numbered
        for variable, text in ((f"GIT_CONFIG_KEY_{at}", key), (f"GIT_CONFIG_VALUE_{at}", value))
    }
    return {
        **_environment(),
        **settings,
        "PATH": os.environ.get("PATH", os.defpath),
        "GIT_CONFIG_COUNT": str(len(_GIT)),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "https:http:ssh:git",
    }
