import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InputError
from harness.store.core.flake import (
    Kind,
    Reference,
    candidates,
    decode_flake_lock,
    fetched,
    is_within,
    parse_reference,
)

_HASH = {"narHash": "sha256-AAAA"}


def _ref(kind: Kind, place: str, *attribute: str, **more: str) -> Reference:
    return Reference(
        kind=kind,
        place=place,
        directory=more.get("directory", ""),
        revision=more.get("revision", ""),
        attribute=attribute,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#a", _ref(Kind.FOUND, ".", "a")),
        (".#", _ref(Kind.FOUND, ".")),
        ("./x?dir=sub/#a.b", _ref(Kind.FOUND, "./x", "a", "b", directory="sub")),
        ('/x#a."b.c"', _ref(Kind.FOUND, "/x", "a", "b.c")),
        ("path:/x%20y#a", _ref(Kind.DIRECTORY, "/x y", "a")),
        ("path:.#a", _ref(Kind.DIRECTORY, ".", "a")),
        ("git+file:///x?ref=main#a", _ref(Kind.GIT, "/x", "a", revision="main")),
        ("git+file:///x?rev=1&ref=m#a", _ref(Kind.GIT, "/x", "a", revision="1")),
        ("git+file:.#a", _ref(Kind.GIT, ".", "a")),
        ("github:o/r/b?dir=d#a", _ref(Kind.FETCHED, "github:o/r/b", "a", directory="d")),
        ("https://h/x.tar.gz?a=b#a", _ref(Kind.FETCHED, "https://h/x.tar.gz?a=b", "a")),
    ],
)
def test_reads_a_reference(text: str, expected: Reference) -> None:
    assert parse_reference(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nixpkgs#hello", "only a registry could tell.* or ./nixpkgs for a directory"),
        ("flake:nixpkgs#hello", "only a registry could tell"),
        ("ext::sh#x", "only a registry"),
        ("git+ext::sh#x", "only a registry"),
        (".#a..b", "is not an attribute such as"),
        ('.#a"b', "is not an attribute such as"),
        (".?dir=../..#a", "dir leads out of the flake"),
        ("path:/x?narHash=1#a", r"\?narHash= is not known"),
        ("./x?ref=main#a", r"\?ref= is not known"),
    ],
)
def test_refuses_what_it_cannot_know(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_reference(text)


@given(st.text())
def test_any_text_is_a_reference_or_refused(text: str) -> None:
    with suppress(InputError):
        assert isinstance(parse_reference(text), Reference)


def test_an_attribute_is_looked_for_where_nix_build_does() -> None:
    assert candidates((), "s") == [["packages", "s", "default"], ["defaultPackage", "s"]]
    assert candidates(("a", "b"), "s") == [
        ["packages", "s", "a", "b"],
        ["legacyPackages", "s", "a", "b"],
        ["a", "b"],
    ]


def _lock(version: int = 7, **nodes: dict[str, Any]) -> bytes:
    return json.dumps({"version": version, "root": "root", "nodes": {"root": {}, **nodes}}).encode()


@pytest.mark.parametrize(
    "locked",
    [
        {"type": "github", "owner": "o", "repo": "r", "rev": "1", **_HASH},
        {"type": "git", "url": "https://h/x", "rev": "1"},
        {"type": "tarball", "url": "https://h/x.tar.gz", **_HASH},
    ],
)
def test_what_is_named_by_its_hash_is_fetched(locked: dict[str, str]) -> None:
    lock = decode_flake_lock(_lock(a={"locked": {**locked, "dir": "d"}}), "flake.lock")
    assert fetched(lock) == {"a": locked}


def test_a_directory_of_the_flake_itself_is_not_fetched() -> None:
    locked = {"type": "path", "path": "./sub"}
    assert is_within(locked)
    lock = decode_flake_lock(_lock(a={"locked": locked, "parent": []}), "flake.lock")
    assert fetched(lock) == {}


@pytest.mark.parametrize(
    "locked",
    [
        {"type": "path", "path": "/home/a/.ssh", **_HASH},
        {"type": "path", "path": "../..", **_HASH},
        {"type": "git", "url": "file:///home/a/private", "rev": "1", **_HASH},
        {"type": "git", "url": "ext::sh -c x", **_HASH},
        {"type": "git", **_HASH},
        {"type": "hg", "url": "/home/a", **_HASH},
        {"type": "tarball", "url": "file:///home/a/x.tar.gz", **_HASH},
        {"type": "file", "url": "/home/a/key", **_HASH},
        {"type": "indirect", "id": "nixpkgs", **_HASH},
        {"type": "new", "url": "https://h/x", **_HASH},
    ],
)
def test_what_is_of_this_machine_is_refused(locked: dict[str, str]) -> None:
    with pytest.raises(InputError, match=r"^flake\.lock: input 'a' is of this machine or of no"):
        decode_flake_lock(_lock(a={"locked": locked}), "flake.lock")


def test_an_input_without_a_hash_is_refused() -> None:
    locked = {"type": "github", "owner": "o", "repo": "r"}
    with pytest.raises(InputError, match="input 'a' has no hash; run `nix flake lock`"):
        decode_flake_lock(_lock(a={"locked": locked}), "flake.lock")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b"1",
        b"[" * 100_000,
        b'{"version":7,"root":"r","nodes":{}}',
        b'{"version":7,"root":"r","nodes":[]}',
        b'{"version":7,"root":"r","nodes":{"r":{},"a":{}}}',
        b'{"version":7,"root":"r","nodes":{"r":{},"a":{"locked":[]}}}',
    ],
)
def test_what_is_no_lock_is_said(data: bytes) -> None:
    with pytest.raises(InputError, match=r"^flake\.lock: not a lock of a flake"):
        decode_flake_lock(data, "flake.lock")


def test_a_lock_of_another_version_is_said() -> None:
    with pytest.raises(InputError, match=r"flake\.lock: a lock of another version than 5, 6, 7"):
        decode_flake_lock(_lock(version=8), "flake.lock")
