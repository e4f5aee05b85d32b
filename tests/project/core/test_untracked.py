import pytest

from harness.project.core.untracked import Untracked


@pytest.mark.parametrize(
    ("new", "told"),
    [
        ((), ""),
        (("a",), "not seen, for git does not track them: a; `git add` them"),
        (("a", "b", "c", "d", "e"), ": a, b, c and 2 more; "),
    ],
)
def test_the_first_files_are_named_and_the_rest_counted(new: tuple[str, ...], told: str) -> None:
    assert told in Untracked(new=new).warning
    assert bool(told) == bool(Untracked(new=new).warning)
