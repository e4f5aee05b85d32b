import pytest

from harness.errors import (
    BuildFailedError,
    Exit,
    HarnessError,
    InputError,
    IntegrityError,
    MachineError,
    ToolError,
    together,
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError, 2),
        (MachineError, 2),
        (ToolError, 3),
        (BuildFailedError, 3),
        (IntegrityError, 5),
    ],
)
def test_the_class_says_whose_fault_it_is(error: type[HarnessError], code: int) -> None:
    assert error.exit_code == code
    assert error.exit_code.meaning


def test_of_several_problems_each_is_told_once_and_broken_integrity_outranks() -> None:
    one, other = ToolError("no network"), InputError("odd")
    both = together([one, other, ToolError("no network")])
    assert (type(both), str(both)) == (InputError, "no network\nodd")
    assert type(together([one, IntegrityError("changed")])) is IntegrityError


def test_the_gravest_exit_code_stands_first() -> None:
    assert next(iter(Exit)) is Exit.INTEGRITY
    assert len({one.value for one in Exit}) == len(Exit)
