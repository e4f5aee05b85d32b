from harness.shadow.core.answers import protocols
from harness.shadow.core.answers.levels import Rules
from harness.shadow.core.observers.gravest import MOST_WORST
from tests.shadow.core.evidence.simulation import HARMS
from tests.shadow.core.simulated import answer, ended, events, judged, once, spec

SERIAL = [case for case in HARMS if case.cap == 2_000]
JSON = spec(protocols.JSON, rules=Rules())


def test_the_worst_requests_come_first_and_are_explained() -> None:
    body = {"a": [1.0, 2.0], "label": ["cat"]}
    changes = [
        answer(**body),
        answer(**body | {"a": [1.0, 2.0000001]}),
        answer(**body | {"a": [2.0, 4.0]}),
        answer(**body | {"label": ["dog"]}),
        answer(a=[1.0]),
    ]
    same = ("200", answer(**body))
    result = judged(
        JSON,
        *(once(number, same, same, ("200", change)) for number, change in enumerate(changes)),
        ended(5),
    )
    assert result.worst[0].number == 4
    assert 0 not in [worst.number for worst in result.worst]
    said = "\n".join(reason for worst in result.worst for reason in worst.reasons)
    assert "constant factor" in said
    assert "units in the last place" in said
    assert "'dog', production 'cat'" in said


def test_no_more_than_the_worst_are_kept() -> None:
    result = judged(spec(), *events(SERIAL[0], 3 * MOST_WORST), ended(3 * MOST_WORST))
    assert len(result.worst) == MOST_WORST
