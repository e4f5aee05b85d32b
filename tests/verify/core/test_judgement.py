from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from harness.errors import ToolError
from harness.store.core.contents import Contents
from harness.store.core.derivation import Derivation, Output
from harness.verdict import Verdict
from harness.verify.core import judgement
from harness.verify.core.factors.conditions import Reach, Reached
from harness.verify.core.remembered import Remembered
from harness.verify.core.verdict import OutputResult

_BEGUN = datetime(2024, 6, 1, 12, 0, 30, tzinfo=UTC)
_FAR = Reach(reached=Reached.NOTHING)


def _derivation(
    *names: str, inputs: Mapping[str, tuple[str, ...]] | None = None, fixed: str = ""
) -> Derivation:
    return Derivation(
        outputs={name: Output(path=f"/{name}", hash_algorithm="", hash=fixed) for name in names},
        inputs=inputs or {},
        sources=(),
        system="",
        builder="",
        arguments=(),
        environment={},
    )


_TWO = _derivation("out", "dev")
_CONTENTS = Contents(hashes={"/out": "sha256:1", "/dev": "sha256:2"})


def _shown(results: list[OutputResult] | None) -> list[tuple[str, Verdict]] | None:
    return None if results is None else [(one.output, one.verdict) for one in results]


def _all(verdict: Verdict) -> list[tuple[str, Verdict]]:
    return [("out", verdict), ("dev", verdict)]


def _past(**verdicts: Verdict) -> Remembered:
    found = {f"/{name}": verdict for name, verdict in verdicts.items()}
    return Remembered(when="2024-01-01T00:00:00+00:00", verdicts=found, reach=_FAR)


def test_what_is_whole_may_be_rebuilt() -> None:
    assert judgement.without_rebuild("d", _TWO, _CONTENTS) is None


@pytest.mark.parametrize(
    ("contents", "verdict", "said"),
    [
        (Contents(hashes={"/out": "x"}), Verdict.INCONCLUSIVE, "not in the store: /dev"),
        (
            replace(_CONTENTS, broken=frozenset({"/dev"})),
            Verdict.CORRUPT,
            (
                "/dev no longer has the content that was built; "
                "mend it with `harness build --repair d`"
            ),
        ),
    ],
)
def test_one_output_that_is_gone_or_changed_is_all_of_them(
    contents: Contents, verdict: Verdict, said: str
) -> None:
    found = judgement.without_rebuild("d", _TWO, contents)
    assert found is not None
    assert _shown(found) == _all(verdict)
    assert found[0].reason == said


def test_a_floating_output_is_inconclusive() -> None:
    floating = replace(_TWO, outputs={"out": Output(path="", hash_algorithm="r", hash="")})
    found = judgement.without_rebuild("d", floating, _CONTENTS)
    assert _shown(found) == [("out", Verdict.INCONCLUSIVE)]


def test_only_what_was_the_same_as_a_whole_is_taken_from_memory() -> None:
    assert judgement.recalled("d", _TWO, None, ["clock"]) is None
    mixed = _past(out=Verdict.SAME, dev=Verdict.DIFFERENT)
    assert judgement.recalled("d", _TWO, mixed, ["clock"]) is None
    same = judgement.recalled("d", _TWO, _past(out=Verdict.SAME, dev=Verdict.SAME), ["clock"])
    assert same is not None
    assert _shown(same) == _all(Verdict.SAME)
    assert all(one.remembered and one.verified_at.startswith("2024-01-01") for one in same)
    assert same[0].unreached == {"clock": Reached.NOTHING.value}


def test_what_could_not_be_told_is_inconclusive_and_says_why() -> None:
    for found, said in [
        (judgement.beside_corrupt("d", _TWO), "mend that first"),
        (judgement.refused("d", _TWO, ["sandbox", "builders"]), "user set sandbox, builders"),
        (judgement.could_not("d", _TWO, ToolError("no disk")), "not be rebuilt: no disk"),
    ]:
        assert _shown(found) == _all(Verdict.INCONCLUSIVE)
        assert said in found[0].reason


@pytest.mark.parametrize(
    ("ended", "verdict", "said"),
    [
        ((0, False, "chatter"), Verdict.SAME, ""),
        ((100, True, "a\nb\n"), Verdict.FAILS_REBUILT, "a\nb"),
        ((1, False, "killed"), Verdict.INCONCLUSIVE, "killed"),
        (
            (1, False, "\n".join(map(str, range(99)))),
            Verdict.INCONCLUSIVE,
            "\n".join(map(str, range(84, 99))),
        ),
    ],
)
def test_how_a_rebuild_without_difference_ended(
    ended: tuple[int, bool, str], verdict: Verdict, said: str
) -> None:
    found = judgement.without_difference("d", judgement.paths(_TWO), ended, "now")
    assert _shown(found) == _all(verdict)
    assert {(one.reason, one.verified_at) for one in found} == {(said, "now")}


def test_what_nix_calls_different_is_so_though_no_tree_shows_it() -> None:
    outputs = judgement.paths(_TWO)
    same = {one.output: one for one in judgement.every("d", outputs, Verdict.SAME)}
    found = judgement.of_different("d", outputs, same, "now")
    assert _shown(found) == _all(Verdict.DIFFERENT)
    assert "no tree shows it" in found[0].reason
    mixed = {**same, "dev": replace(same["dev"], verdict=Verdict.DIFFERENT)}
    found = judgement.of_different("d", outputs, dict(reversed(mixed.items())), "now")
    assert _shown(found) == [("out", Verdict.SAME), ("dev", Verdict.DIFFERENT)]


def test_a_later_agreement_does_not_unsay_a_difference() -> None:
    same = judgement.every("d", judgement.paths(_TWO), Verdict.SAME)
    assert judgement.not_unsaid(same, None) == same
    out, dev = judgement.not_unsaid(same, _past(out=Verdict.SAME, dev=Verdict.DIFFERENT))
    assert (out.verdict, dev.verdict) == (Verdict.SAME, Verdict.DIFFERENT)
    assert dev.reason.startswith("the same now, but it differed on 2024-01-01")
    failed = [replace(same[0], verdict=Verdict.FAILS_REBUILT)]
    assert judgement.not_unsaid(failed, _past(out=Verdict.DIFFERENT)) == failed


def test_only_what_ended_as_a_build_is_remembered() -> None:
    paths = judgement.paths(_TWO)
    same = judgement.every("d", paths, Verdict.SAME, verified_at="now")
    kept = judgement.to_remember(same, _FAR)
    assert kept
    assert (kept.when, kept.reach, kept.is_same) == ("now", _FAR, True)
    for verdict in set(Verdict) - {Verdict.SAME, Verdict.DIFFERENT}:
        mixed = [same[0], replace(same[1], verdict=verdict)]
        assert judgement.to_remember(mixed, _FAR) is None


def test_a_search_that_ended_early_is_told_where_nothing_else_is() -> None:
    (same,) = judgement.every("d", {"out": "/out"}, Verdict.SAME)
    silent, told = (
        replace(same, verdict=Verdict.DIFFERENT),
        replace(same, verdict=Verdict.DIFFERENT, reason="before"),
    )
    found = judgement.unexplained([same, silent, told], ToolError("no disk"))
    assert [one.reason for one in found] == [
        "",
        "the search for its cause ended early: no disk",
        "before",
    ]
    assert not judgement.are_same(found)
    assert judgement.are_same([same])


def test_the_real_clock_is_waited_for_only_where_it_may_show_something() -> None:
    rest = judgement.another_minute(["clock"], _FAR, _BEGUN, _BEGUN + timedelta(seconds=1))
    assert rest == timedelta(seconds=30)
    later = _BEGUN + timedelta(seconds=31)
    assert judgement.another_minute(["clock"], _FAR, _BEGUN, later) is None
    assert judgement.another_minute(["home"], _FAR, _BEGUN, _BEGUN) is None
    assert judgement.another_minute(["clock"], Reach(), _BEGUN, _BEGUN) is None


def test_a_changed_source_is_corrupt_by_itself() -> None:
    found = judgement.corrupt_source("/source")
    assert (found.verdict, found.path, found.output) == (Verdict.CORRUPT, "/source", "")


def test_inputs_with_a_network_are_those_of_one_step_or_of_all() -> None:
    derivations = {
        "top": _derivation("out", inputs={"below": ("out",), "near": ("out",)}),
        "below": _derivation("out", inputs={"far": ("out",), "top": ("out",)}),
        "near": _derivation("out", fixed="1"),
        "far": _derivation("out", fixed="1", inputs={"not read": ("out",)}),
    }
    assert judgement.networked_inputs(derivations, "top", all_steps=False) == ("near",)
    assert judgement.networked_inputs(derivations, "top", all_steps=True) == ("far", "near")
