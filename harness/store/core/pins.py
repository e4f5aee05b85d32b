"""A pin of a flake's input: its node of flake.lock, what to fetch for it, and the lock with it.

The lock is written as Nix writes it, so that every other node keeps its bytes.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.errors import InputError
from harness.store.core.flake import told_of

_FACTS = ("lastModified", "narHash", "rev", "revCount")
"""What fetching decides about a locked node; the rest says where it is."""
_REVISIONS = frozenset({"github", "gitlab", "sourcehut", "git", "hg"})
"""The inputs that have revisions; of another one the address says what it is."""
_BELOW = re.compile(r"([A-Za-z0-9._+=@-]+(/[A-Za-z0-9._+=@-]+)*)?")
_EITHER = frozenset({"github", "gitlab", "sourcehut"})
"""The inputs of which a revision or a branch is asked for, not both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input of a flake's own, as its lock has it: the name of its node, and the node."""

    name: str
    key: str
    node: Mapping[str, Any]

    @property
    def locked(self) -> Mapping[str, Any]:
        """What is locked now."""
        locked: Mapping[str, Any] = self.node["locked"]
        return locked

    @property
    def place(self) -> str:
        """Where it comes from, for people."""
        known = self.locked
        if "owner" in known:
            return f"{known['type']}:{known['owner']}/{known.get('repo', '')}"
        return str(known.get("url", known["type"]))


def input_of(lock: Mapping[str, Any], name: str, where: str) -> Input:
    """Return an input that can be pinned.

    Raises:
        InputError: there is none of that name, or it is another's, or flake.nix decides about it.

    """
    with told_of(where):
        inputs = lock["nodes"][lock["root"]].get("inputs", {})
        if name not in inputs:
            known = f"there are {', '.join(sorted(inputs))}" if inputs else "there is none"
            raise InputError(
                f"{where}: no input {name!r}; {known}; `nix flake lock` adds what flake.nix names"
            )
        key = inputs[name]
        if isinstance(key, list):
            raise InputError(f"{where}: input {name!r} follows {'/'.join(key)!r}: pin that")
        node = lock["nodes"][key]
        _require_open(node["original"], node["locked"]["type"], name, where)
        return Input(name=name, key=key, node=node)


def directory_of(one: Input, where: str) -> str:
    """Return where below its tree an input has its flake: a part of an expression, as it stands.

    Raises:
        InputError: it is no plain path, or leads out of the tree.

    """
    below = one.locked.get("dir", "")
    if not isinstance(below, str) or not _BELOW.fullmatch(below) or ".." in below.split("/"):
        raise InputError(f"{where}: input {one.name!r}: dir: {str(below)[:80]!a}: no plain path")
    return below


def _require_open(original: Mapping[str, Any], kind: str, name: str, where: str) -> None:
    if original["type"] == "indirect":
        raise InputError(
            f"{where}: input {name!r} is a name that only a registry could tell; write its address "
            "in flake.nix, then `nix flake lock`"
        )
    if "rev" in original:
        raise InputError(f"{where}: flake.nix states the revision of {name!r}: change it there")
    if kind == "path":
        raise InputError(f"{where}: input {name!r} is a directory; it has no revisions")


def wanted(one: Input, revision: str, where: str) -> dict[str, Any]:
    """Return what is to be fetched: a revision, or what the branch of flake.nix has now.

    Raises:
        InputError: a revision is asked of what has none.

    """
    kind, original = one.locked["type"], one.node["original"]
    if revision and kind not in _REVISIONS:
        raise InputError(
            f"{where}: input {one.name!r} is a file at {one.place}, which has no revisions"
        )
    place = {key: value for key, value in one.locked.items() if key not in {*_FACTS, "dir"}}
    if "ref" in original and not (revision and kind in _EITHER):
        place["ref"] = original["ref"]
    return place | ({"rev": revision} if revision else {})


def require_single(one: Input, inputs: Iterable[str], where: str) -> None:
    """Refuse to pin what has inputs of its own, before or after: their nodes would change too.

    Raises:
        InputError: names them, and what locks them.

    """
    own = sorted({*one.node.get("inputs", {}), *inputs})
    if own:
        raise InputError(
            f"{where}: input {one.name!r} has inputs of its own ({', '.join(own)}); "
            f"`nix flake lock --update-input {one.name}` locks them with it"
        )


def answered(text: str) -> dict[str, str]:
    """Return revision and hash as fetchTree takes them, from what nix-prefetch-github printed.

    Nothing where it printed something else.
    """
    try:
        answer = json.loads(text)
        return {"rev": str(answer["rev"]), "narHash": str(answer["hash"])}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}


def with_pin(lock: Mapping[str, Any], one: Input, facts: Mapping[str, Any]) -> bytes:
    """Return the lock with what was fetched, as Nix writes it."""
    place = {key: value for key, value in one.locked.items() if key not in _FACTS}
    locked = place | {key: facts[key] for key in _FACTS if key in facts}
    nodes = {**lock["nodes"], one.key: {**one.node, "locked": locked}}
    text = json.dumps({**lock, "nodes": nodes}, indent=2, sort_keys=True, ensure_ascii=False)
    return f"{text}\n".encode()
