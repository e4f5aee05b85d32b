"""A node of flake.lock, pinned, in locks as Nix writes them."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from harness.errors import InputError
from harness.store.core.pins import answered, input_of, require_single, wanted, with_pin

_OLD, _NEW = "1" * 40, "2" * 40
_FORGE = {"type": "github", "owner": "NixOS", "repo": "nixpkgs"}
_GIT = {"type": "git", "url": "https://x/y"}
_FACTS = {"lastModified": 5, "narHash": "sha256-N", "rev": _NEW, "shortRev": "2222222"}


def _lock(locked: Mapping[str, Any], original: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    known = {"lastModified": 1, "narHash": "sha256-O", "rev": _OLD}
    other = {"locked": {**_GIT, **known, "url": "https://ü/é"}, "original": _GIT}
    return {
        "nodes": {
            "n": {"locked": {**locked, **known}, "original": original, **more},
            "other": other,
            "root": {"inputs": {"pkgs": "n", "same": ["pkgs", "x"], "other": "other"}},
        },
        "root": "root",
        "version": 7,
    }


def test_one_node_changes_and_nix_would_have_written_every_byte() -> None:
    lock = _lock({**_FORGE, "dir": "lib"}, {**_FORGE, "ref": "unstable"})
    text = json.dumps(lock, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    pinned = with_pin(lock, input_of(lock, "pkgs", "l"), _FACTS).decode()
    changed = (('"lastModified": 1', '"lastModified": 5'), ("-O", "-N"), (_OLD, _NEW))
    for old, new in changed:
        text = text.replace(old, new, 1)
    assert pinned == text


@pytest.mark.parametrize(
    ("locked", "original", "revision", "expected"),
    [
        (_FORGE, {**_FORGE, "ref": "b"}, "", {**_FORGE, "ref": "b"}),
        (_FORGE, {**_FORGE, "ref": "b"}, _NEW, {**_FORGE, "rev": _NEW}),
        ({**_FORGE, "dir": "d"}, _FORGE, "", _FORGE),
        (_GIT, {**_GIT, "ref": "b"}, _NEW, {**_GIT, "ref": "b", "rev": _NEW}),
        ({"type": "tarball", "url": "u"}, {"type": "tarball"}, "", {"type": "tarball", "url": "u"}),
    ],
)
def test_what_is_fetched_is_a_commit_or_what_the_branch_has(
    locked: Mapping[str, Any], original: Mapping[str, Any], revision: str, expected: object
) -> None:
    one = input_of(_lock(locked, original), "pkgs", "l")
    assert wanted(one, revision, "l") == expected


def test_a_file_has_no_commits() -> None:
    one = input_of(_lock({"type": "tarball", "url": "u"}, {"type": "tarball"}), "pkgs", "l")
    with pytest.raises(InputError, match="'pkgs' is a file at u, which has no revisions"):
        wanted(one, _NEW, "l")


@pytest.mark.parametrize(
    ("name", "locked", "original", "told"),
    [
        ("gone", _FORGE, _FORGE, "no input 'gone'; there are other, pkgs, same"),
        ("same", _FORGE, _FORGE, "'same' follows 'pkgs/x'"),
        ("pkgs", _FORGE, {"type": "indirect", "id": "nixpkgs"}, "only a registry"),
        ("pkgs", _FORGE, {**_FORGE, "rev": _OLD}, "flake.nix states the revision"),
        ("pkgs", {"type": "path", "path": "a"}, {"type": "path"}, "is a directory"),
        ("pkgs", {}, _FORGE, "not a lock of a flake"),
    ],
)
def test_what_flake_nix_decides_is_not_pinned(
    name: str, locked: Mapping[str, Any], original: Mapping[str, Any], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        input_of(_lock(locked, original), name, "l")


def test_a_flake_without_inputs_says_so() -> None:
    lock = {"nodes": {"root": {}}, "root": "root", "version": 7}
    with pytest.raises(InputError, match="there is none"):
        input_of(lock, "a", "l")


def test_where_an_input_is_is_told_as_one_writes_it() -> None:
    assert input_of(_lock(_FORGE, _FORGE), "pkgs", "l").place == "github:NixOS/nixpkgs"
    assert input_of(_lock(_GIT, _GIT), "pkgs", "l").place == "https://x/y"


def test_inputs_of_an_input_are_left_to_nix() -> None:
    lock = _lock(_FORGE, _FORGE, inputs={"a": "other"})
    with pytest.raises(InputError, match=r"\(a, b\)"):
        require_single(input_of(lock, "pkgs", "l"), ["b"], "l")
    require_single(input_of(_lock(_FORGE, _FORGE), "pkgs", "l"), [], "l")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"rev": "1", "hash": "h", "owner": "o"}', {"rev": "1", "narHash": "h"}),
        ('{"rev": "1"}', {}),
        ("[]", {}),
        ("fatal", {}),
    ],
)
def test_an_answer_of_another_program_is_one_or_none(text: str, expected: object) -> None:
    assert answered(text) == expected
