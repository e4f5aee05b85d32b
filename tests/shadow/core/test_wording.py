import pytest

from harness.shadow.core.evidence.reason import Reason, Why, because
from harness.shadow.core.wording import WORDS, worded

RATE = because(Why.DIFFER, events=1, requests=700, production=0, below=0.0095)


def test_every_reason_has_words() -> None:
    assert {*WORDS} == {*Why}


@pytest.mark.parametrize(
    ("reasons", "said"),
    [
        ([], ""),
        ([RATE], "1 of 700 requests differ: below 0.95% at 99 %"),
        (
            [RATE, because(Why.GROWS, fields=("a", "")), because(Why.NOISY, fields=("b",))],
            (
                "1 of 700 requests differ: below 0.95% at 99 %, and evidence grows of a, the "
                "outcome; production itself differs in b"
            ),
        ),
        (
            [because(Why.LATE, streams=9, candidate=5, production=1), because(Why.TOO_MANY)],
            (
                "of 9 answers that came in pieces, 5 began late only in the candidate (1 only in "
                "production): too many for chance, too few for proof"
            ),
        ),
        (
            [because(Why.UNDECLARED, fields=("",))],
            "the outcome changes in production itself",
        ),
        (
            [because(Why.MORE_USED, candidate=3.0, production=0.0, allowed=0.1)],
            "more than allowed: the median is 3, not 0, +10% is allowed",
        ),
    ],
)
def test_reasons_are_one_sentence(reasons: list[Reason], said: str) -> None:
    assert worded(reasons) == said
