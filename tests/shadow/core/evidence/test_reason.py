from harness.shadow.core.evidence.reason import Why, because


def test_a_reason_is_told_with_its_facts_by_name() -> None:
    reason = because(Why.FEW_STARTS, starts=3, needed=7)
    assert reason.why is Why.FEW_STARTS
    assert reason.facts == {"starts": 3, "needed": 7}
