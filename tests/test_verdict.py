from itertools import pairwise

import pytest

from harness.errors import Exit, HarnessError, InputError, IntegrityError, ToolError, together
from harness.verdict import (
    Graded,
    Judgement,
    Verdict,
    gravest,
    gravest_code,
    gravest_first,
    outranks,
)

_ORDER = sorted(Exit, key=(5, 1, 2, 6, 3, 4, 0, 130).index)[:-1]


def test_of_several_codes_the_gravest_stands_for_all() -> None:
    for graver, other in pairwise(_ORDER):
        assert gravest_code([other, graver, other]) == graver
    assert gravest_code([]) == 0


def test_errors_end_with_the_codes_of_the_table() -> None:
    ends = [one.exit_code for one in (IntegrityError, InputError, ToolError, HarnessError)]
    assert ends == [Exit.INTEGRITY, Exit.INPUT, Exit.TOOL, Exit.TOOL]


@pytest.mark.parametrize(
    ("problems", "kind"),
    [
        ([ToolError("a"), IntegrityError("b"), InputError("c")], IntegrityError),
        ([HarnessError("a"), InputError("b")], InputError),
        ([HarnessError("a")], ToolError),
    ],
)
def test_of_several_errors_the_gravest_kind_stands_for_all(
    problems: list[HarnessError], kind: type[HarnessError]
) -> None:
    error = together([*problems, *problems])
    assert type(error) is kind
    assert str(error) == "\n".join(map(str, problems))


@pytest.mark.parametrize("table", [Verdict, Judgement])
def test_only_one_verdict_of_a_table_is_a_success_and_it_is_green(table: type[Graded]) -> None:
    (best,) = (one for one in table if one.code is Exit.DONE)
    assert (best.colour, best.outcome) == ("good", "")
    assert [one for one in table if one.colour == "good" or not one.outcome] == [best]
    assert gravest([*table, best]) is not best


def test_of_nothing_there_is_no_gravest() -> None:
    assert gravest(list[Verdict]()) is None


def test_things_are_sorted_by_their_verdicts_and_stay_in_order_otherwise() -> None:
    things = [("a", Verdict.SAME), ("b", Verdict.DIFFERENT), ("c", Verdict.DIFFERENT)]
    assert [name for name, _ in gravest_first(things, lambda one: one[1])] == ["b", "c", "a"]
    assert outranks(Judgement.FAIL, Judgement.INVALID)
    assert not outranks(Judgement.PASS, Judgement.PASS)
