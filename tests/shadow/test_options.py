from pathlib import Path

from harness.shadow.options import Options


def test_what_says_against_what_stands_as_on_the_command_line() -> None:
    options = Options(production="service:1", recording=Path("a.rec"), fixed=3, seed=1)
    assert options.words() == ("--production", "service:1", "--recording", "a.rec")


def test_what_leaves_everything_as_it_is_says_nothing() -> None:
    assert Options().words() == ()
