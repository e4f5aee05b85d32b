import pytest

from harness.shadow.core.answers.answer import Reply
from harness.shadow.core.evidence.outcomes import outcomes_of


@pytest.mark.parametrize(
    ("outcomes", "broke", "comparable"),
    [
        (("200", "200", "404"), (False, False, False), True),
        (("200", "200", "503"), (False, False, True), False),
        (("timed out", "200", "200"), (True, False, False), False),
        (("500", "500", "404"), (True, True, False), True),
        (("500", "malformed length of JSON", "302"), (True, True, False), True),
    ],
)
def test_what_broke_is_held_against_no_success(
    outcomes: tuple[str, str, str], broke: tuple[bool, bool, bool], comparable: bool
) -> None:
    a, b, c = (Reply(outcome=outcome, body=b"") for outcome in outcomes)
    found = outcomes_of((a, b, c))
    assert (found.broke, found.comparable) == (broke, comparable)
