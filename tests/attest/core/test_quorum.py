from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.attest.core.quorum import (
    Quorum,
    Refusal,
    Stance,
    Voice,
    as_object,
    lines,
    refused,
    voice,
)
from harness.attest.core.rebuild import OutputClaim
from harness.verdict import Verdict
from tests.attest.core.samples import (
    CLAIM,
    DERIVATION,
    NAR_HASH,
    OCCASION,
    OTHER_HASH,
    TOOL,
    TREE,
    claim,
)

_HERE = {TOOL: NAR_HASH, TREE: NAR_HASH}
_SAME = OutputClaim(verdict=Verdict.SAME, nar_hash=NAR_HASH)
_OTHER = OutputClaim(verdict=Verdict.SAME, nar_hash=OTHER_HASH)
_NOW = OCCASION.finished


def test_agrees_who_found_the_same_bytes_reproducible() -> None:
    found = voice("a", [claim(tool=_SAME, tree=_SAME)], _HERE)
    assert found == Voice(
        builder="a",
        stance=Stance.AGREES,
        reasons=(),
        under="2026-11-23, 2 of 18 factors, Nix 2.8.0, EPYC",
    )


def test_dissents_who_built_other_bytes_though_it_found_them_reproducible() -> None:
    found = voice("a", [claim(tool=_SAME, tree=_OTHER)], _HERE)
    assert found.stance is Stance.DISSENTS
    assert found.reasons == (f"{TREE}: it built {OTHER_HASH}, and here is {NAR_HASH}",)


@pytest.mark.parametrize(
    ("verdict", "stance"),
    [
        (Verdict.SAME, Stance.AGREES),
        (Verdict.DIFFERENT, Stance.DISSENTS),
        (Verdict.FAILS_REBUILT, Stance.DISSENTS),
        (Verdict.BUILD_FAILED, Stance.COULD_NOT_TELL),
        (Verdict.INCONCLUSIVE, Stance.COULD_NOT_TELL),
        (Verdict.CORRUPT, Stance.COULD_NOT_TELL),
    ],
)
def test_the_stance_follows_from_the_verdict(verdict: Verdict, stance: Stance) -> None:
    found = voice("a", [claim(tool=_SAME, tree=replace(_SAME, verdict=verdict))], _HERE)
    assert found.stance is stance
    assert found.reasons == (() if stance is Stance.AGREES else (f"{TREE}: it found it {verdict}",))


def test_a_verdict_without_bytes_agrees_with_nothing() -> None:
    found = voice("a", [claim(tool=_SAME, tree=replace(_SAME, nar_hash=""))], _HERE)
    assert found.stance is Stance.COULD_NOT_TELL


def test_could_not_tell_who_says_nothing_of_an_output() -> None:
    found = voice("a", [claim(tool=_SAME)], _HERE)
    assert found.stance is Stance.COULD_NOT_TELL
    assert found.reasons == (f"{TREE}: it says nothing of it",)


def test_what_is_not_here_does_not_count() -> None:
    found = voice("a", [claim(tool=_SAME, tree=_OTHER)], {TOOL: NAR_HASH})
    assert found.stance is Stance.AGREES


def test_nobody_outvotes_a_finding_of_his_own() -> None:
    claims = [claim(tool=_SAME), claim(tool=_OTHER), claim(tool=_SAME)]
    assert voice("a", claims, {TOOL: NAR_HASH}).stance is Stance.DISSENTS


def test_many_reasons_are_counted() -> None:
    here = {f"/nix/store/{index}": NAR_HASH for index in range(5)}
    assert voice("a", [claim()], here).reasons[2:] == (
        "/nix/store/2: it says nothing of it",
        "and 2 more",
    )


def test_a_claim_counts_until_it_expires() -> None:
    later = OCCASION.finished + timedelta(days=365)
    assert refused(CLAIM, DERIVATION, _NOW) is None
    assert refused(replace(CLAIM, expires=None), DERIVATION, later) is None
    assert refused(CLAIM, DERIVATION, later) == "it expired on 2027-02-01T00:00:00+00:00"


def test_a_claim_about_another_derivation_does_not_count() -> None:
    said = refused(CLAIM, "/nix/store/other.drv", _NOW)
    assert said == f"it speaks of another derivation, {DERIVATION}"


def _quorum(stances: Iterable[Stance], threshold: int, *refusals: Refusal) -> Quorum:
    voices = [
        Voice(
            builder=f"b{index}", stance=stance, reasons=("why",) * (stance != "agrees"), under="u"
        )
        for index, stance in enumerate(stances)
    ]
    return Quorum(
        environment="serving",
        derivation=DERIVATION,
        threshold=threshold,
        voices=tuple(voices),
        silent=("quiet",),
        refusals=refusals,
    )


_TAMPERED = Refusal(where="x.jsonl line 1", reason="changed", tampered=True)
_UNKNOWN = Refusal(where="y.jsonl line 1", reason="unknown key")


@given(st.lists(st.sampled_from(Stance)), st.integers(1, 5))
def test_the_verdict_is_a_count(stances: list[Stance], threshold: int) -> None:
    verdict = _quorum(stances, threshold, _UNKNOWN).verdict
    if stances.count(Stance.AGREES) >= threshold:
        assert verdict is Verdict.SAME
    elif Stance.DISSENTS in stances:
        assert verdict is Verdict.DIFFERENT
    else:
        assert verdict is Verdict.INCONCLUSIVE


def test_tampering_is_grave_whoever_agrees() -> None:
    assert _quorum([Stance.AGREES], 1, _TAMPERED).verdict is Verdict.CORRUPT


def test_the_table_shows_dissent_and_refusals_though_enough_agree() -> None:
    found = _quorum([Stance.DISSENTS, Stance.AGREES, Stance.COULD_NOT_TELL], 1, _UNKNOWN)
    assert "\n".join(lines(found)) == (
        "b1     agrees          u\n"
        "b0     dissents        u\n"
        "       why\n"
        "b2     could not tell  u\n"
        "       why\n"
        "quiet  says nothing\n"
        "refused: y.jsonl line 1: unknown key\n"
        "serving: SAME (1 of 4 trusted builders agree, 1 needed)"
    )


def test_a_table_of_nobody_is_a_line() -> None:
    nobody = replace(_quorum([], 1), silent=())
    assert list(lines(nobody)) == [
        "serving: INCONCLUSIVE (0 of 0 trusted builders agree, 1 needed)"
    ]


def test_the_report_has_it_all() -> None:
    assert as_object(_quorum([Stance.DISSENTS], 1, _TAMPERED)) == {
        "environment": "serving",
        "derivation": DERIVATION,
        "verdict": "CORRUPT",
        "exit-code": 5,
        "threshold": 1,
        "agreeing": 0,
        "builders": [{"builder": "b0", "stance": "dissents", "reasons": ["why"], "under": "u"}],
        "silent": ["quiet"],
        "refused": [{"statement": "x.jsonl line 1", "reason": "changed", "tampered": True}],
    }
