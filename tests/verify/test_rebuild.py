"""Rebuilds in a store that is kept in memory: what is made of each situation of an output."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.build.realise import OnProgress, Progress
from harness.host import processors
from harness.verdict import Verdict
from harness.verify.core.factors.rows import registered
from harness.verify.core.verdict import OutputResult
from harness.verify.perturb import set_up
from harness.verify.rebuild import Options, verify_derivations
from harness.verify.world import World
from tests.fake_store import Build, FakeClock, FakeStore, Tree, always, broken_nix, failing

ALL = frozenset(registered().names)
PLAIN = frozenset[str]()


@dataclass
class Bench:
    """A store, a clock, and what verifies in them."""

    store: FakeStore
    clock: FakeClock
    directory: Path
    shim: Path
    heard: list[tuple[int, int]] = field(default_factory=list)
    on_progress: OnProgress | None = None

    def verify(
        self, *tops: str, moved: frozenset[str] = PLAIN, fresh: bool = False, alone: bool = False
    ) -> list[OutputResult]:
        world = World(store=self.store, clock=self.clock)
        return verify_derivations(
            tops,
            Options(jobs=2, fresh=fresh, factors=moved, alone=alone),
            setup=set_up(moved, shim=self.shim, world=world),
            kept_below=self.directory / "kept_below",
            on_progress=self.on_progress or self._hear,
        )

    def _hear(self, one: Progress) -> None:
        self.heard.append((one.begun, one.planned))


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    shim = tmp_path / "shim/shim.so"
    shim.parent.mkdir()
    shim.write_bytes(b"\x7fELF")
    return Bench(FakeStore(tmp_path / "store"), FakeClock(), tmp_path, shim)


def unsteady(build: Build) -> Mapping[str, Tree]:
    return {"out": {"log": f"run {build.count}".encode(), "same": b"same"}}


def once(build: Build) -> Mapping[str, Tree]:
    """Differ in the first rebuild and never after."""
    return {"out": b"other" if build.count == 1 else b"as built"}


def test_what_is_built_alike_is_the_same_and_remembered(bench: Bench) -> None:
    derivation = bench.store.built("a", always(out=b"same"))
    (first,) = bench.verify(derivation)
    bench.clock.sleep(3600)
    (second,) = bench.verify(derivation)
    assert (first.verdict, first.remembered) == (Verdict.SAME, False)
    assert (second.verdict, second.remembered) == (Verdict.SAME, True)
    assert first.verified_at == second.verified_at == "2024-06-01T12:00:30+00:00"
    assert first.nar_hash == bench.store.recorded[bench.store.path(derivation)]
    (third,) = bench.verify(derivation, fresh=True)
    assert (third.remembered, third.verified_at) == (False, "2024-06-01T13:00:30+00:00")
    assert len(bench.store.runs) == 3


def test_what_was_verified_under_other_conditions_is_verified_again(bench: Bench) -> None:
    derivation = bench.store.built("a", always(out=b"same"))
    bench.verify(derivation)
    (moved,) = bench.verify(derivation, moved=ALL)
    assert (moved.verdict, moved.remembered) == (Verdict.SAME, False)


def test_a_difference_is_shown_with_both_trees(bench: Bench) -> None:
    derivation = bench.store.built("a", unsteady)
    (result,) = bench.verify(derivation)
    assert result.verdict is Verdict.DIFFERENT
    assert result.trees
    first, rebuilt = (Path(tree, "log").read_bytes() for tree in result.trees)
    assert (first, rebuilt) == (b"run 0", b"run 1")
    (difference,) = result.differences
    assert (difference.path, difference.kind) == ("log", "content")
    assert difference.at
    assert difference.at.offset == 4
    assert not Path(f"{result.path}.check").exists()
    assert [*bench.store.roots.values()] == [[result.path]]


def test_a_later_agreement_does_not_unsay_a_difference(bench: Bench) -> None:
    derivation = bench.store.built("a", once)
    assert [one.verdict for one in bench.verify(derivation)] == [Verdict.DIFFERENT]
    (again,) = bench.verify(derivation)
    assert again.verdict is Verdict.DIFFERENT
    assert "the same now, but it differed on 2024-06-01" in again.reason
    (fresh,) = bench.verify(derivation, fresh=True)
    assert fresh.verdict is Verdict.SAME


def test_all_outputs_are_judged_though_nix_keeps_the_first_that_differs(bench: Bench) -> None:
    def builder(build: Build) -> Mapping[str, Tree]:
        text = str(build.count).encode()
        return {"out": text, "dev": b"same", "doc": text}

    derivation = bench.store.built("a", builder, outputs=("out", "dev", "doc"))
    found = {one.output: one for one in bench.verify(derivation)}
    assert {name: one.verdict for name, one in found.items()} == {
        "out": Verdict.DIFFERENT,
        "dev": Verdict.SAME,
        "doc": Verdict.DIFFERENT,
    }
    assert found["doc"].trees
    assert Path(found["doc"].trees[1]).read_bytes() == b"2"


def test_a_rebuild_that_fails_is_no_difference(bench: Bench) -> None:
    derivation = bench.store.built("a", always(out=b"same"))
    bench.store.builders[derivation] = failing
    (result,) = bench.verify(derivation)
    assert (result.verdict, result.reason) == (
        Verdict.FAILS_REBUILT,
        "no space between these lines",
    )


def test_no_situation_of_one_output_ends_the_run(bench: Bench) -> None:
    store = bench.store
    derivations = {
        Verdict.SAME: store.built("same", always(out=b"same")),
        Verdict.DIFFERENT: store.built("different", unsteady),
        Verdict.FAILS_REBUILT: store.built("fails", always(out=b"same")),
        Verdict.INCONCLUSIVE: store.built("stuck", always(out=b"same")),
    }
    store.builders[derivations[Verdict.FAILS_REBUILT]] = failing
    store.builders[derivations[Verdict.INCONCLUSIVE]] = broken_nix
    missing, floating = store.add("missing", failing), store.floating("floating")
    results = bench.verify(*derivations.values(), missing, floating)
    found = {one.derivation: one for one in results}
    for verdict, derivation in derivations.items():
        assert found[derivation].verdict is verdict
    assert (
        "could not be rebuilt: the disk is full" in found[derivations[Verdict.INCONCLUSIVE]].reason
    )
    assert found[missing].reason == f"not in the store: {store.path(missing)}"
    assert found[floating].verdict is Verdict.INCONCLUSIVE
    assert "known only after a build" in found[floating].reason


def test_what_could_not_be_told_is_not_remembered(bench: Bench) -> None:
    derivation = bench.store.built("a", always(out=b"same"))
    bench.store.builders[derivation] = broken_nix
    bench.verify(derivation)
    bench.store.builders[derivation] = always(out=b"same")
    (result,) = bench.verify(derivation)
    assert (result.verdict, result.remembered) == (Verdict.SAME, False)


def test_an_output_that_was_changed_on_disk_is_corrupt_and_nothing_is_rebuilt(bench: Bench) -> None:
    below = bench.store.built("below", always(out=b"same"))
    above = bench.store.built("above", always(out=b"same"), needs=[below])
    bench.store.change(bench.store.path(below), b"changed")
    found = {one.derivation: one for one in bench.verify(above)}
    assert found[below].verdict is Verdict.CORRUPT
    assert f"harness build --repair {below}" in found[below].reason
    assert found[above].verdict is Verdict.INCONCLUSIVE
    assert "mend that first" in found[above].reason
    assert bench.store.runs == [below, above]


def test_what_is_remembered_does_not_hide_that_the_output_was_changed_since(bench: Bench) -> None:
    derivation = bench.store.built("a", always(out=b"same"))
    bench.verify(derivation)
    bench.store.change(bench.store.path(derivation), b"changed")
    assert [one.verdict for one in bench.verify(derivation)] == [Verdict.CORRUPT]


def test_a_database_that_lies_is_found_out_by_the_rebuild(bench: Bench) -> None:
    derivation = bench.store.built("a", always(out=b"same"))
    bench.verify(derivation)
    bench.store.change(bench.store.path(derivation), b"changed")
    bench.store.lie(bench.store.path(derivation))
    (result,) = bench.verify(derivation)
    assert (result.verdict, result.remembered) == (Verdict.DIFFERENT, False)


def test_what_the_disk_lost_is_corrupt(bench: Bench) -> None:
    derivation = bench.store.built("a", always(out=b"same"))
    bench.store.lose(bench.store.path(derivation))
    assert [one.verdict for one in bench.verify(derivation)] == [Verdict.CORRUPT]


def test_a_source_that_was_changed_is_told_first(bench: Bench) -> None:
    derivation = bench.store.built("a", always(out=b"same"))
    source = bench.store.source(derivation, b"source")
    bench.store.change(source, b"changed")
    first, second = bench.verify(derivation)
    assert (first.verdict, first.path, first.output) == (Verdict.CORRUPT, source, "")
    assert second.verdict is Verdict.INCONCLUSIVE


def test_a_daemon_that_refuses_a_condition_makes_it_inconclusive(bench: Bench) -> None:
    derivation = bench.store.built("a", always(out=b"same"))
    bench.store.refuse("substituters", "sandbox")
    (result,) = bench.verify(derivation)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "does not let this user set sandbox, substituters" in result.reason
    assert bench.store.runs == [derivation]
    bench.store.refuse()
    assert [one.verdict for one in bench.verify(derivation)] == [Verdict.SAME]


def test_every_build_of_the_closure_is_verified_and_no_input(bench: Bench) -> None:
    source = bench.store.fixed("/nix/store/input", b"input")
    below = bench.store.built("below", always(out=b"same"), needs=[source])
    above = bench.store.built("above", always(out=b"same"), needs=[below])
    results = bench.verify(above)
    assert [one.derivation for one in results] == [below, above]
    assert [one.networked for one in results] == [(source,), (source,)]
    assert bench.heard == [(1, 2), (2, 2)]
    (alone,) = bench.verify(above, alone=True)
    assert alone.derivation == above


def test_the_factor_that_changes_an_output_is_named(bench: Bench) -> None:
    derivation = bench.store.built(
        "a", lambda build: {"out": b"umask 0077" if build.moves("umask") else b"umask 0022"}
    )
    (result,) = bench.verify(derivation, moved=ALL)
    assert result.verdict is Verdict.DIFFERENT
    assert [cause.factor for cause in result.causes] == ["umask"]
    assert result.unreached == {}
    assert [one.verdict for one in bench.verify(derivation, fresh=True)] == [Verdict.SAME]


def test_the_causes_of_several_outputs_are_told_apart(bench: Bench) -> None:
    def builder(build: Build) -> Mapping[str, Tree]:
        return {
            "out": b"moved" if build.moves("host") else b"pinned",
            "dev": b"moved" if build.moves("time-zone") else b"pinned",
            "doc": b"same",
        }

    derivation = bench.store.built("a", builder, outputs=("out", "dev", "doc"))
    found = {one.output: one for one in bench.verify(derivation, moved=ALL)}
    assert [cause.factor for cause in found["out"].causes] == ["host"]
    assert [cause.factor for cause in found["dev"].causes] == ["time-zone"]
    assert (found["doc"].verdict, found["doc"].causes) == (Verdict.SAME, ())


def test_a_builder_that_fails_under_one_factor_has_that_named(bench: Bench) -> None:
    def builder(build: Build) -> Mapping[str, Tree]:
        return failing(build) if build.moves("home") else {"out": b"same"}

    derivation = bench.store.built("a", builder)
    (result,) = bench.verify(derivation, moved=ALL)
    assert result.verdict is Verdict.FAILS_REBUILT
    assert [cause.factor for cause in result.causes] == ["home"]


def test_what_the_shim_did_not_reach_is_said_also_of_what_is_remembered(bench: Bench) -> None:
    derivation = bench.store.built("a", always(out=b"same"))
    bench.store.beyond_the_shim.add(derivation)
    for remembered in (False, True):
        (result,) = bench.verify(derivation, moved=ALL)
        assert (result.verdict, result.remembered) == (Verdict.SAME, remembered)
        assert "no program reported" in result.unreached["clock"]
        assert "cores" not in result.unreached


def test_where_the_shim_moves_no_clock_the_real_one_is_waited_for(bench: Bench) -> None:
    derivation = bench.store.built("a", always(out=b"same"))
    bench.store.beyond_the_shim.add(derivation)
    bench.verify(derivation, moved=frozenset({"clock"}))
    assert bench.clock.slept == [31.0]
    assert bench.store.runs.count(derivation) == 3


def test_a_tree_that_cannot_be_kept_is_different_all_the_same(bench: Bench) -> None:
    derivation = bench.store.built("a", unsteady)
    (bench.directory / "kept_below").write_text("in the way")
    (result,) = bench.verify(derivation)
    assert result.verdict is Verdict.DIFFERENT
    assert "the rebuilt tree could not be kept" in result.reason


def test_inputs_alone_are_no_data(bench: Bench) -> None:
    assert bench.verify(bench.store.fixed("/nix/store/input", b"input")) == []


def crowded(build: Build) -> Mapping[str, Tree]:
    """Race where a builder is told of several processors."""
    return {"out": b"raced" if "cpus 4" in build.lines else b"as built"}


def test_a_builder_that_counts_processors_is_also_rebuilt_with_many(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processors, "allowed_cpus", lambda: [0, 1])
    alone = bench.store.built("alone", crowded)
    counting = bench.store.built("counting", crowded)
    bench.store.counting.add(counting)
    moved = frozenset({"cpus", "schedule"})
    found = {one.derivation: one for one in bench.verify(alone, counting, moved=moved)}
    assert found[alone].verdict is Verdict.SAME
    assert found[counting].verdict is Verdict.DIFFERENT


def test_outputs_that_cannot_be_rebuilt_apart_are_not_told(bench: Bench) -> None:
    def builder(build: Build) -> Mapping[str, Tree]:
        return broken_nix(build) if build.count > 1 else {"out": b"%d" % build.count, "dev": b""}

    derivation = bench.store.built("a", builder, outputs=("out", "dev"))
    found = {one.output: one for one in bench.verify(derivation)}
    assert found["out"].verdict is Verdict.DIFFERENT
    assert found["dev"].verdict is Verdict.INCONCLUSIVE
    assert "could not be rebuilt apart: the disk is full" in found["dev"].reason


def test_a_search_for_causes_that_cannot_go_on_leaves_the_difference(bench: Bench) -> None:
    def builder(build: Build) -> Mapping[str, Tree]:
        return broken_nix(build) if build.count > 1 else {"out": b"%d" % build.count}

    derivation = bench.store.built("a", builder)
    (result,) = bench.verify(derivation, moved=ALL)
    assert (result.verdict, result.causes) == (Verdict.DIFFERENT, ())
    assert result.reason == "the search for its cause ended early: the disk is full"


def test_what_interrupts_the_run_ends_it_without_the_rebuilds_that_wait(bench: Bench) -> None:
    derivations = [bench.store.built(f"a{number}", always(out=b"same")) for number in range(20)]
    bench.store.runs.clear()

    def interrupt(_: Progress) -> None:
        raise KeyboardInterrupt

    bench.on_progress = interrupt
    with pytest.raises(KeyboardInterrupt):
        bench.verify(*derivations)
    assert len(bench.store.runs) < len(derivations)


@pytest.mark.parametrize(("times", "verdict"), [(3, Verdict.SAME), (99, Verdict.FAILS_REBUILT)])
def test_a_builder_that_nix_killed_as_it_ended_is_run_again_and_not_for_ever(
    bench: Bench, times: int, verdict: Verdict
) -> None:
    derivation = bench.store.built("a", always(out=b"same"))
    bench.store.beyond_the_shim.add(derivation)
    bench.store.kill(derivation, times=times)
    assert [one.verdict for one in bench.verify(derivation)] == [verdict]


def test_a_builder_that_something_else_killed_has_failed(bench: Bench) -> None:
    derivation = bench.store.built("a", always(out=b"same"))
    bench.store.kill(derivation)
    (result,) = bench.verify(derivation)
    assert (result.verdict, result.reason) == (Verdict.FAILS_REBUILT, "killed by signal 9")
