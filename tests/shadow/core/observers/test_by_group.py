from dataclasses import replace

from harness.shadow.core.answers import protocols
from harness.shadow.core.answers.levels import Rules
from harness.shadow.core.observers.by_group import MOST_GROUPS
from tests.shadow.core.evidence.simulation import BENIGN, HARMS
from tests.shadow.core.simulated import ended, events, judged, once, spec

UNCHANGED = BENIGN[0]
SERIAL = [case for case in HARMS if case.cap == 2_000]
JSON = spec(protocols.JSON, rules=Rules())


def test_groups_have_tests_of_their_own_that_decide_nothing() -> None:
    good = list(events(UNCHANGED, 300, group="shop"))
    bad = [
        replace(event, number=event.number + 300) for event in events(SERIAL[0], 30, group="lab")
    ]
    result = judged(spec(), *good, *bad, ended(330))
    assert [(each.name, each.requests) for each in result.groups] == [("lab", 30), ("shop", 300)]
    lab, shop = result.groups
    assert (lab.differed, shop.differed) == (30, 0)
    assert not any(finding.blocking for finding in lab.findings)


def test_groups_beyond_the_most_are_not_tested_apart() -> None:
    happened = [
        replace(event, group=str(number))
        for number, event in enumerate(events(UNCHANGED, MOST_GROUPS + 5))
    ]
    result = judged(spec(), *happened, ended(MOST_GROUPS + 5))
    assert len(result.groups) == MOST_GROUPS
    (told,) = result.unexercised
    assert told.startswith("groups beyond the first 20: 5 requests")


def test_a_failure_of_one_arm_counts_against_its_group() -> None:
    failed = replace(once(1, ("200", b"1"), ("200", b"1"), ("500", b"")), group="lab")
    (lab,) = judged(JSON, failed, ended(1)).groups
    assert (lab.requests, lab.differed) == (1, 0)
