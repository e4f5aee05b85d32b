"""The search for causes against builds that are functions of what is moved."""

from collections.abc import Callable, Collection, Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from harness.verify.core.causes.plan import FAILURE, Found, Key, Outcome, Plan
from harness.verify.core.causes.search import VARIANTS, Search
from harness.verify.core.factors.rows import registered

A, B = ("out", "a"), ("out", "b")
_STEADY = [name for name in registered().names if name not in {"schedule", "address-layout"}]
_AT_ONCE = {"schedule", "threads", "cpus", "cores"}
Varies = Callable[[Plan], bool]


def moves(*names: str) -> Varies:
    """A file that each of these factors changes."""
    return lambda plan: bool(plan.moved & set(names))


def needs(*names: str) -> Varies:
    """A file that changes only if all of these are moved."""
    return lambda plan: plan.moved >= set(names)


def always(_: Plan) -> bool:
    return True


class Builder:
    """Rebuilds as planned; what is `unstable` changes in every rebuild, and its mask hides that."""

    def __init__(self, files: Mapping[Key, Varies], unstable: Collection[Key] = ()) -> None:
        self.files, self.unstable = files, set(unstable)
        self.plans: list[Plan] = []
        self.masked: set[Key] = set()
        self.fails: Varies = lambda _: False

    def rebuild(self, plan: Plan) -> Outcome:
        self.plans.append(plan)
        if self.fails(plan):
            return Outcome(failed=True)
        if len(self.plans) == 1:
            return Outcome()
        changed = {key for key, varies in self.files.items() if varies(plan)}
        changed |= self.unstable - self.masked
        beyond: dict[Plan, frozenset[Key]] = {}
        if not plan.moved:
            self.masked = set(self.unstable)
            beyond = {
                past: frozenset(key for key in self.unstable & self.files.keys() if varies(past))
                for past in self.plans[1:-1]
                for varies in self.files.values()
            }
        return Outcome(changed=frozenset(changed), beyond=beyond)


def search(
    builder: Builder,
    suspects: Mapping[Key, Sequence[Sequence[str]]] | None = None,
    factors: Collection[str] = registered().names,
    doubtful: Collection[Key] = (),
) -> Found:
    keys = list({**builder.files, **dict.fromkeys(builder.unstable)}) or [FAILURE]
    one = Search(keys, factors, suspects or {}, doubtful)
    steps = one.steps()
    outcome = None
    while True:
        try:
            plan = next(steps) if outcome is None else steps.send(outcome)
        except StopIteration:
            return one.found
        outcome = builder.rebuild(plan)


@given(st.sets(st.sampled_from(_STEADY), min_size=1, max_size=3))
def test_all_causes_of_a_file_are_found_and_no_others(names: set[str]) -> None:
    builder = Builder({A: moves(*names)})
    found = search(builder)
    assert set(found.causes) == {frozenset([name]) for name in names}
    assert len(builder.plans) <= 4 + 8 * len(names)


@given(
    st.sets(st.sampled_from(_STEADY), min_size=1, max_size=3),
    st.sets(st.sampled_from(registered().names), max_size=4),
)
def test_wrong_suspects_cost_rebuilds_but_never_a_wrong_cause(
    names: set[str], suspected: set[str]
) -> None:
    found = search(Builder({A: moves(*names)}), {A: [list(suspected)]})
    assert set(found.causes) == {frozenset([name]) for name in names}


def test_a_right_suspect_is_confirmed_by_three_rebuilds() -> None:
    builder = Builder({A: moves("umask")})
    found = search(builder, {A: [["umask"]]})
    assert found.causes == {frozenset(["umask"]): {A}}
    assert len(builder.plans) == 3


def test_a_dump_of_everything_ends_the_search_of_a_file_after_some_causes() -> None:
    found = search(Builder({A: moves(*_STEADY)}))
    assert 6 <= len(found.causes) < len(_STEADY)


def test_a_suspect_among_many_is_found_with_the_rest() -> None:
    suspected = list(_STEADY[:8])
    found = search(Builder({A: moves(*suspected[-2:])}), {A: [list(suspected)]})
    assert set(found.causes) == {frozenset([name]) for name in suspected[-2:]}


def test_files_with_different_causes_are_told_apart() -> None:
    builder = Builder({A: moves("clock"), B: moves("host", "clock")})
    assert search(builder).causes == {frozenset(["clock"]): {A, B}, frozenset(["host"]): {B}}


def test_a_cause_of_two_factors_together_is_one() -> None:
    found = search(Builder({A: needs("home", "clock")}))
    assert found.causes == {frozenset(["home", "clock"]): {A}}


def test_a_suspect_that_acts_only_beside_another_factor_is_found_with_it() -> None:
    def varies(plan: Plan) -> bool:
        return "host" in plan.moved or plan.moved >= {"home", "clock"}

    found = search(Builder({A: varies}), {A: [["host"], ["home"]]})
    assert set(found.causes) == {frozenset(["host"]), frozenset(["home", "clock"])}


def test_values_that_agree_by_chance_are_varied() -> None:
    def by_chance(plan: Plan) -> bool:
        return "hash-seed" in plan.moved and plan.variant == VARIANTS - 1

    found = search(Builder({A: by_chance, B: moves("umask")}))
    assert found.causes == {frozenset(["hash-seed"]): {A}, frozenset(["umask"]): {B}}
    assert found.plans[frozenset(["hash-seed"])].variant == VARIANTS - 1


def test_what_varies_in_every_rebuild_has_no_factor_whatever_its_bytes_speak_for() -> None:
    found = search(Builder({A: always}), {A: [["schedule", "hash-seed"], ["umask"]]})
    assert (found.causes, found.unstable) == ({}, {A})


def test_a_race_that_only_a_moved_schedule_shows_is_given_what_else_moves_it() -> None:
    suspects = {A: [["schedule", "hash-seed"], ["umask"]]}
    found = search(Builder({A: moves("schedule", "umask")}), suspects)
    assert set(found.causes) == {frozenset(["schedule"]), frozenset(["umask"])}


def test_what_only_shifts_memory_is_no_cause_beside_the_layout() -> None:
    varies = moves("address-layout", "home", "hash-seed", "random", "locale")
    found = search(Builder({A: varies}), {A: [["locale"]]})
    assert {name for cause in found.causes for name in cause} == {
        "address-layout",
        "random",
        "locale",
    }


def test_what_varies_with_everything_pinned_is_not_given_a_factor() -> None:
    found = search(Builder({}, unstable=[A]), {A: [["clock"]]})
    assert (found.causes, found.unstable, found.unexplained([A])) == ({}, {A}, [])


def test_an_unstable_file_can_have_a_cause_besides() -> None:
    found = search(Builder({A: moves("umask")}, unstable=[A]), {A: [["clock"]]})
    assert (set(found.causes), found.unstable) == ({frozenset(["umask"])}, {A})


def test_what_was_moved_before_counts_beyond_what_varies_anyway() -> None:
    builder = Builder({A: moves("umask")}, unstable=[A])
    found = search(builder, {A: [["clock"], ["umask"]]})
    assert (found.causes, found.unstable) == ({frozenset(["umask"]): {A}}, {A})


def test_what_varies_by_itself_and_with_all_that_is_moved_has_no_causes_besides() -> None:
    builder = Builder({A: moves(*_STEADY)}, unstable=[A])
    found = search(builder, {A: [["umask"]]}, doubtful=[A])
    assert (set(found.causes), found.unstable) == ({frozenset(["umask"])}, {A})
    assert len(builder.plans) <= 20


def test_a_file_that_looks_unstable_is_pinned_twice_before_anything_is_moved() -> None:
    builder = Builder({A: moves("umask")}, unstable=[A])
    search(builder, doubtful=[A])
    assert [len(plan.moved) for plan in builder.plans[:3]] == [0, 0, len(registered().names)]
    assert builder.plans[1].pause


def test_a_race_is_not_explained_by_what_orders_another_file() -> None:
    builder = Builder({A: moves("schedule", "hash-seed"), B: moves("hash-seed")})
    found = search(builder, {A: [["schedule"]], B: [["hash-seed"]]})
    assert found.causes == {frozenset(["schedule"]): {A}, frozenset(["hash-seed"]): {B}}


def test_more_suspects_than_are_moved_alone_are_found_by_halving() -> None:
    names = _STEADY[:12]
    builder = Builder({("out", name): moves(name) for name in names})
    found = search(builder, {("out", name): [[name]] for name in names})
    assert set(found.causes) == {frozenset([name]) for name in names}


def test_instability_is_looked_for_where_nothing_moves_a_file() -> None:
    builder = Builder({A: lambda plan: not plan.moved})
    found = search(builder, {A: [["clock"]]})
    assert found.unstable == {A}


def test_what_nothing_moves_stays_unexplained() -> None:
    found = search(Builder({A: lambda _: False}))
    assert found.unexplained([A]) == [A]


def test_a_builder_that_fails_when_a_factor_is_moved() -> None:
    builder = Builder({})
    builder.fails = moves("umask")
    assert search(builder).causes == {frozenset(["umask"]): {FAILURE}}


def test_a_builder_that_fails_only_beside_other_differences() -> None:
    builder = Builder({A: moves("clock")})
    builder.fails = moves("home")
    found = search(builder, {A: [["clock"]]})
    assert set(found.causes) == {frozenset(["home"]), frozenset(["clock"])}


def test_a_builder_that_fails_with_everything_pinned_ends_the_search() -> None:
    builder = Builder({A: always})
    builder.fails = always
    assert search(builder).unexplained([A]) == [A]
    assert len(builder.plans) == 1


def test_only_factors_that_can_be_moved_are() -> None:
    builder = Builder({A: moves("umask", "clock")})
    assert set(search(builder, factors=["umask"]).causes) == {frozenset(["umask"])}
    assert {name for plan in builder.plans for name in plan.moved} == {"umask"}


def test_in_a_race_what_the_bytes_speak_for_is_repeated_before_it_is_named() -> None:
    class Racing(Builder):
        """Its first rebuilds race whatever is moved; then the race does not show any more."""

        def rebuild(self, plan: Plan) -> Outcome:
            outcome = super().rebuild(plan)
            if 1 < len(self.plans) < 4 and plan.moved:
                return Outcome(changed=outcome.changed | {A})
            return outcome

    builder = Racing({A: moves("schedule")})
    found = search(builder, {A: [["schedule"], ["instruction-set"]]})
    assert found.causes == {frozenset(["schedule"]): {A}}


class Meeting(Builder):
    """Moved schedules let something meet in some rebuilds only: those of `shows`, by number."""

    def __init__(self, shows: Collection[int], others: Collection[str] = ()) -> None:
        super().__init__({A: needs("schedule", *others)})
        self.shows, self.moved = shows, 0

    def rebuild(self, plan: Plan) -> Outcome:
        outcome = super().rebuild(plan)
        if A in outcome.changed:
            self.moved += 1
            return outcome if self.moved in self.shows else Outcome()
        return outcome


@given(st.sets(st.integers(min_value=1, max_value=9)))
def test_a_race_that_shows_now_and_then_is_not_given_what_else_was_moved_meanwhile(
    shows: set[int],
) -> None:
    found = search(Meeting(shows))
    assert {name for cause in found.causes for name in cause} <= _AT_ONCE


def test_a_race_that_showed_once_is_tried_again_with_nothing_else_moved() -> None:
    builder = Meeting([1, 4])
    assert search(builder).causes == {frozenset(["schedule"]): {A}}
    assert builder.moved == 4


def test_a_race_that_shows_in_none_of_the_first_rebuilds_is_tried_again() -> None:
    assert search(Meeting([4])).causes == {frozenset(["schedule"]): {A}}
    assert search(Meeting([])).causes == {}


def test_what_needs_two_factors_is_found_where_no_race_can_be() -> None:
    found = search(Builder({A: needs("umask", "clock")}), factors=["umask", "clock", "random"])
    assert set(found.causes) == {frozenset(["umask", "clock"])}


def test_a_race_between_what_only_moved_threads_start_is_one_of_both() -> None:
    found = search(Meeting(range(1, 99), others=["threads"]))
    assert found.causes == {frozenset(["schedule", "threads"]): {A}}


def test_where_the_schedule_cannot_be_moved_no_race_is_tried() -> None:
    builder = Builder({A: lambda _: False})
    search(builder, factors=["umask"])
    assert {name for plan in builder.plans for name in plan.moved} == {"umask"}
