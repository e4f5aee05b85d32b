"""The corpus itself, and the part of it that every change is held against."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from harness.verify.core.factors.rows import registered
from tests.corpus import runner
from tests.corpus.runner import Case, Finding
from tests.elf import Segment, elf

_CASES = runner.read_cases()
_CAUSES = {factor.name for factor in registered()} | {
    "race",
    "file-time",
    "host state",
    "not stable",
}


def _case(*causes: str, allowed: tuple[str, ...] = ()) -> Case:
    return Case(name="a", causes=frozenset(causes), allowed=frozenset(allowed), note="")


def _output(name: str, verdict: str, *factors: str) -> dict[str, object]:
    causes = [{"factor": factor} for factor in factors]
    return {
        "derivation": "/nix/store/a.drv",
        "output": name,
        "verdict": verdict,
        "causes": causes,
        "rebuilds": len(causes),
    }


def test_every_case_names_known_causes_and_says_what_it_is() -> None:
    for case in _CASES.values():
        assert re.fullmatch(r"[a-z0-9-]+", case.name)
        assert case.causes | case.allowed <= _CAUSES, case.name
        assert not case.causes & case.allowed, case.name
        assert case.note, case.name
        assert case.unexercised <= {factor.name for factor in registered()}, case.name
        assert case.name.startswith("clean-") == (not case.causes)


def test_every_cause_is_injected_by_two_builds_at_least() -> None:
    injected = Counter(cause for case in _CASES.values() for cause in case.causes)
    assert {cause: injected[cause] for cause in _CAUSES - {"schedule"} if injected[cause] < 2} == {}


def test_the_corpus_has_builds_with_one_two_three_and_no_causes() -> None:
    sizes = Counter(len(case.causes) for case in _CASES.values())
    assert sizes[0] >= 15
    assert sizes[1] + sizes[2] + sizes[3] >= 60
    assert min(sizes[2], sizes[3]) >= 5


def test_a_finding_with_every_cause_and_no_other_is_right() -> None:
    found = Finding(varies=True, causes=("random", "clock"))
    one = runner.score(_case("clock", "random"), found)
    assert (one.right, one.first, one.among_three, one.every, one.wrong) == (
        True, True, True, True, (),
    )  # fmt: skip


def test_a_wrong_name_first_is_counted_and_so_is_one_that_is_missing() -> None:
    found = Finding(varies=True, causes=("host", "clock"))
    one = runner.score(_case("clock", "random", allowed=("time-zone",)), found)
    assert (one.right, one.first, one.among_three, one.every, one.wrong) == (
        True, False, True, False, ("host",),
    )  # fmt: skip


def test_a_factor_that_is_claimed_and_was_not_moved_is_counted() -> None:
    case = runner.Case(
        name="a", causes=frozenset(), allowed=frozenset(), note="", unexercised=frozenset(["clock"])
    )
    silent = runner.score(case, Finding(varies=False))
    said = runner.score(case, Finding(varies=False, unexercised=frozenset(["clock", "random"])))
    assert (silent.claimed, said.claimed) == (("clock",), ())
    assert "nothing claimed that was not moved: 1 of 2" in runner.summary([silent, said])


def test_what_static_programs_keep_from_being_moved_follows_from_the_programs(
    tmp_path: Path,
) -> None:
    (tmp_path / "bin").mkdir()
    for name, kind in (("busybox", 1), ("sort", 3), ("ld.so", 1)):
        (tmp_path / "bin" / name).write_bytes(elf(Segment(kind=kind, content=b"/ld", address=0)))
    (tmp_path / "bin" / "script").write_text("#!/bin/sh\n")

    def missed(script: str, language: str = "bash") -> frozenset[str]:
        case = replace(_case(), script=script, language=language, searched=("seed",))
        return runner.out_of_reach(case, {"seed": str(tmp_path)})

    assert missed("sort a | script b") == missed("ld.so --list sort") == frozenset()
    assert {"clock", "locale"} < missed("x=$(bin/busybox date)") < registered().in_shim
    assert missed("true", "busybox") == registered().in_shim


def test_a_clean_build_that_is_said_to_vary_is_a_false_alarm() -> None:
    alarm = runner.score(_case(), Finding(varies=True, causes=("clock",)))
    silent = runner.score(_case(), Finding(varies=False))
    assert "clean and silent: 1 of 2" in runner.summary([alarm, silent])


def test_a_derivation_varies_if_one_of_its_outputs_does() -> None:
    report = {
        "environments": [
            {"outputs": [_output("out", "SAME"), _output("doc", "DIFFERENT", "clock + host")]}
        ]
    }
    found = Finding(varies=True, causes=("clock", "host"), rebuilds=1)
    assert runner.read_report(report) == {"/nix/store/a.drv": found}


@pytest.fixture(scope="module")
def trees() -> dict[str, str]:
    return runner.trees()


@pytest.mark.nix
@pytest.mark.network
def test_every_case_builds(trees: dict[str, str]) -> None:
    derivations = runner.instantiate(list(_CASES), trees)
    runner.realise(list(derivations.values()))
    assert len(set(derivations.values())) == len(_CASES)
