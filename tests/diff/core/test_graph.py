from collections.abc import Mapping
from dataclasses import replace

import pytest

from harness.diff.core.graph import GraphChange, compare_graphs, masked
from harness.store.core.derivation import Derivation, Output


def path(name: str, seed: str) -> str:
    return f"/nix/store/{seed * 32}-{name}"


def derivation(
    name: str, seed: str, inputs: Mapping[str, Derivation] | None = None, **environment: str
) -> Derivation:
    """A derivation whose environment names its inputs' outputs, as real ones do."""
    inputs = inputs or {}
    paths = " ".join(one.outputs["out"].path for one in inputs.values())
    return Derivation(
        outputs={"out": Output(path=path(name, seed), hash_algorithm="", hash="")},
        inputs=dict.fromkeys(inputs, ("out",)),
        sources=(),
        system="x86_64-linux",
        builder="/bin/sh",
        arguments=("-c", "build"),
        environment={"name": name, "out": path(name, seed), "inputs": paths, **environment},
    )


class Store:
    """Derivations by path."""

    def __init__(self) -> None:
        self.held: dict[str, Derivation] = {}

    def add(self, name: str, seed: str, *inputs: str, **environment: str) -> str:
        below = {one: self.held[one] for one in inputs}
        drv = path(f"{name}.drv", seed)
        self.held[drv] = derivation(name, seed, below, **environment)
        return drv

    def compare(self, first: str, second: str) -> GraphChange:
        return compare_graphs(first, second, self.held.__getitem__)


def fields(found: GraphChange) -> list[tuple[str, str]]:
    return [(one.subject, one.field) for one in found.roots]


def test_a_graph_is_the_same_as_itself() -> None:
    store = Store()
    top = store.add("top", "b", store.add("leaf", "a"))
    assert store.compare(top, top) == GraphChange(roots=(), changed=0, followers=0)


@pytest.mark.parametrize("height", [1, 2, 7, 300])
def test_a_change_at_the_bottom_is_the_only_root_however_high_the_graph(height: int) -> None:
    store = Store()
    tops = [store.add("leaf", seed, flags=flag) for seed, flag in (("a", "-O2"), ("b", "-O3"))]
    for level in range(height):
        tops = [store.add(f"level-{level}x", s, t) for s, t in zip("ab", tops, strict=True)]
    found = store.compare(*tops)
    assert fields(found) == [("leaf", "variable flags")]
    assert (found.roots[0].first, found.roots[0].second) == ("-O2", "-O3")
    assert (found.changed, found.followers) == (1, height)


def test_a_version_that_moved_is_one_root_and_not_a_change_of_what_names_it() -> None:
    store = Store()
    first = store.add("top", "c", store.add("lib-1.0", "a"))
    second = store.add("top", "d", store.add("lib-1.1", "b"))
    found = store.compare(first, second)
    assert fields(found) == [("lib-1.0", "name")]
    assert found.followers == 1


def test_inputs_that_come_and_go() -> None:
    store = Store()
    first = store.add("top", "c", store.add("old", "a"))
    second = store.add("top", "d", store.add("new", "b"))
    found = store.compare(first, second)
    assert ("top", "input") in fields(found)
    assert {one.first for one in found.roots if one.field == "input"} == {"old", ""}


def test_each_of_a_derivation_s_own_fields() -> None:
    store = Store()
    first, second = store.add("a", "a"), store.add("a", "b")
    shared = path("shared.sh", "f")
    store.held[first] = replace(store.held[first], sources=(shared,))
    store.held[second] = replace(
        store.held[second],
        system="aarch64-linux",
        builder="/bin/bash",
        arguments=("-c",),
        outputs={**store.held[second].outputs, "doc": Output(path="", hash_algorithm="", hash="")},
        sources=(path("script.sh", "e"), shared),
    )
    assert [field for _, field in fields(store.compare(first, second))] == [
        "system",
        "builder",
        "argument 2",
        "output doc",
        "source script.sh",
    ]


def test_an_input_by_hash_is_told_by_its_hash() -> None:
    store = Store()
    tops = [store.add("a.whl", seed) for seed in "ab"]
    for drv, digest in zip(tops, ("11", "22"), strict=True):
        fixed = Output(path="/nix/store/x-a.whl", hash_algorithm="sha256", hash=digest)
        store.held[drv] = replace(store.held[drv], outputs={"out": fixed})
    (root,) = store.compare(*tops).roots
    assert (root.first, root.second) == ("sha256:11", "sha256:22")


def test_an_input_by_hash_of_another_name_is_told_by_its_name() -> None:
    store = Store()
    tops = [store.add(f"a-{version}.whl", seed) for seed, version in (("a", "1.0"), ("b", "1.1"))]
    for drv in tops:
        fixed = Output(path="/nix/store/x-a.whl", hash_algorithm="sha256", hash=drv)
        store.held[drv] = replace(store.held[drv], outputs={"out": fixed})
    (root,) = store.compare(*tops).roots
    assert (root.first, root.second) == ("a-1.0.whl", "a-1.1.whl")


def test_hashes_of_store_paths_are_masked() -> None:
    assert masked(f"x {path('a-1.drv', 'q')} y") == "x /nix/store/…-a-1.drv y"


def test_a_root_is_told_with_what_leads_to_it() -> None:
    store = Store()
    tops = [store.add("leaf", seed, flags=seed) for seed in "ab"]
    for name in ("middle", "top"):
        tops = [store.add(name, s, t) for s, t in zip("ab", tops, strict=True)]
    assert store.compare(*tops).roots[0].via == "top → middle → leaf"
