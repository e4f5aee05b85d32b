import json
import tracemalloc
from dataclasses import replace

import pytest

from harness.shadow.core.answers import protocols
from harness.shadow.core.answers.answer import Reply
from harness.shadow.core.answers.levels import Level, Rules
from harness.shadow.core.evidence.finding import overall
from harness.shadow.core.evidence.margins import Margins
from harness.shadow.core.evidence.outputs import Doubt
from harness.shadow.core.evidence.trial import MAX_DOUBTS, Round, Trial
from harness.shadow.core.wording import worded
from harness.verdict import Judgement


def reply(value: float, outcome: str = "200") -> Reply:
    return Reply(outcome=outcome, body=json.dumps({"score": value}).encode())


def exchange(
    candidate: Reply, *, request: str = "1", production: float = 0.5, replayed: bool = False
) -> Round:
    return Round(
        request=request,
        replies=(reply(0.5), reply(production), candidate),
        seconds=(0.01, 0.01, 0.01),
        replayed=replayed,
    )


def trial() -> Trial:
    return Trial(protocol=protocols.JSON, rules=Rules(), margins=Margins(slow=0.1))


def test_the_same_answers_pass() -> None:
    run = trial()
    for _ in range(800):
        run.observe(exchange(reply(0.5)))
    findings = run.findings()
    assert [finding.family for finding in findings] == [
        "outputs",
        "errors",
        "median latency",
        "tail latency",
    ]
    assert overall(findings) is Judgement.PASS
    assert run.levels[Level.IDENTICAL] == 800


def test_a_doubtful_request_is_replayed_until_it_is_settled() -> None:
    run = trial()
    run.observe(exchange(reply(0.7), request="7"))
    plays = 0
    while run.to_replay:
        assert run.to_replay == ["7"]
        run.observe(exchange(reply(0.7), request="7", replayed=True))
        plays += 1
    assert 5 < plays < 20
    assert run.findings()[0].judgement is Judgement.FAIL
    assert (run.levels[Level.BEYOND], run.median.requests) == (1, 1)


def test_a_doubt_that_does_not_come_back_is_dropped() -> None:
    run = trial()
    run.observe(exchange(reply(0.7)))
    run.observe(exchange(reply(0.5), replayed=True))
    assert run.to_replay == []


def test_a_failure_of_one_arm_is_an_error_and_no_output() -> None:
    run = trial()
    run.observe(exchange(reply(0.5, "500")))
    assert (run.outputs.requests, run.errors.candidate_only) == (0, 1)
    assert run.to_replay == ["1"]
    for _ in range(20):
        run.observe(exchange(reply(0.5, "500"), replayed=True))
    assert run.findings()[1].judgement is Judgement.FAIL
    assert run.to_replay == []


@pytest.mark.parametrize(
    ("production", "candidate", "another_class"),
    [
        ("500", "404", True),
        ("500", "timed out", True),
        ("404", "503", True),
        ("500", "503", False),
        ("302", "404", False),
    ],
)
def test_another_failure_than_productions_is_another_output(
    production: str, candidate: str, another_class: bool
) -> None:
    run = trial()
    ours, theirs = Reply(outcome=production, body=b""), Reply(outcome=candidate, body=b"")
    for number in range(20):
        run.observe(Round(request=str(number), replies=(ours, ours, theirs)))
    found = run.findings()[0]
    assert found.judgement is Judgement.FAIL
    said = "; in 20 both failed, with another error class" if another_class else ""
    assert worded(found.reasons) == f"the outcome: another value than production's own{said}"


def test_doubts_are_bounded() -> None:
    run = trial()
    run.errors.alpha = 1e-300
    for number in range(MAX_DOUBTS + 1):
        run.observe(exchange(reply(0.5, "500"), request=str(number)))
    assert len(run.to_replay) == MAX_DOUBTS


def test_memory_does_not_grow_with_requests() -> None:
    run = trial()

    def play(numbers: range) -> int:
        for number in numbers:
            run.observe(exchange(reply(number / 7), request=str(number), production=number / 9))
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    before = play(range(1_000))
    after = play(range(1_000, 3_000))
    tracemalloc.stop()
    assert len(run.doubts) <= MAX_DOUBTS
    assert after - before < 20_000


@pytest.mark.parametrize("refusal", ["302", "401", "404", "422"])
@pytest.mark.parametrize("swapped", [False, True])
def test_what_one_side_refuses_and_the_other_does_not_fails(refusal: str, swapped: bool) -> None:
    run = trial()
    both, alone = reply(0.5, refusal), reply(0.5)
    if swapped:
        both, alone = alone, both
    for number in range(700):
        played = exchange(reply(0.5), request=str(number))
        run.observe(replace(played, replies=(both, both, alone)) if number == 300 else played)
    assert run.to_replay == ["300"]
    for _ in range(20):
        run.observe(replace(played, request="300", replies=(both, both, alone), replayed=True))
    assert run.findings()[0].judgement is Judgement.FAIL
    assert worded(run.findings()[0].reasons) == "the outcome: another value than production's own"


@pytest.mark.parametrize("failure", ["500", "503", "timed out"])
def test_a_failure_of_productions_own_is_no_difference(failure: str) -> None:
    run = trial()
    broken = reply(0.5, failure)
    run.observe(replace(exchange(reply(0.5)), replies=(broken, broken, reply(0.5))))
    assert (run.outputs.requests, run.errors.production_only, run.to_replay) == (0, 1, [])


def test_a_refusal_of_one_production_arm_is_noise() -> None:
    run = trial()
    for _ in range(50):
        run.observe(replace(exchange(reply(0.5)), replies=(reply(1), reply(1, "404"), reply(1))))
    assert (run.outputs.differed, run.to_replay) == (0, [])


def test_a_request_that_stands_out_twice_differs() -> None:
    run = trial()
    replies = (reply(0.5), reply(0.5 + 1e-6), reply(0.9))
    played = Round(request="1", replies=replies)
    run.observe(played)
    assert (run.to_replay, run.outputs.differed) == (["1"], 0)
    for _ in range(2):
        run.observe(replace(played, replayed=True))
    assert (run.to_replay, run.outputs.differed) == (["1"], 1)


@pytest.mark.parametrize("candidate", [reply(0.7), reply(0.5, "500")])
def test_nothing_passes_before_its_doubts_are_dispelled(candidate: Reply) -> None:
    run = trial()
    for number in range(3_000):
        run.observe(exchange(candidate if number == 9 else reply(0.5), request=str(number)))
    assert [each.judgement for each in run.findings()[:2]] == [Judgement.INCONCLUSIVE] * 2
    assert worded(run.findings()[0].reasons).endswith("; when last asked 1 did")
    run.observe(exchange(reply(0.5), request="9", replayed=True))
    assert [each.judgement for each in run.findings()[:2]] == [Judgement.PASS] * 2


def test_a_failure_alone_is_a_lesser_doubt_where_production_fails_too() -> None:
    run = trial()
    run.observe(replace(exchange(reply(0.5)), replies=(reply(0.5), reply(0, "503"), reply(0.5))))
    run.observe(exchange(reply(0.5, "503"), request="2"))
    assert run.doubts == {"2": Doubt.DIFFERS}
