from harness.formats.change import Change, Kind, field
from harness.verify.core.causes.named import MOST_EVIDENCE, by_kind, by_output, is_weak, named
from harness.verify.core.instability import REAL_TIME, UNSTABLE


def _change(number: int) -> Change:
    return Change(kind=Kind.TEXT, place=field(f"f{number}"), first=str(number), second="x")


def test_a_cause_has_the_first_changes_of_its_first_files() -> None:
    keys = [("out", str(number)) for number in range(3)]
    every = [("text", [_change(number), _change(number + 10)]) for number in range(2)]
    cause = named(["host", "home"], keys, every)
    assert (cause.factor, cause.files) == ("host + home", 3)
    assert [(one.path, one.first) for one in cause.evidence] == [("0", "0"), ("1", "1")]
    (alone,) = [named(["host"], keys[:1], [("text", [_change(n) for n in range(9)])])]
    assert len(alone.evidence) == MOST_EVIDENCE


def test_a_title_may_be_given_and_a_real_time_is_the_clocks() -> None:
    assert named(["home"], [], [], title="it fails").title == "it fails"
    assert named([REAL_TIME], [], []).factor == "clock"


def test_only_what_says_no_more_than_unstable_is_weak() -> None:
    assert is_weak(named([UNSTABLE], [], []))
    assert not is_weak(named(["host"], [], []))


def test_files_are_grouped_by_output_and_kind_and_values_by_output() -> None:
    kinds = {("out", "b"): ("race",), ("out", "a"): ("race", "clock"), ("dev", "a"): ("race",)}
    assert by_kind(kinds) == [
        (("dev", "race"), [("dev", "a")]),
        (("out", "race"), [("out", "a"), ("out", "b")]),
        (("out", "clock"), [("out", "a")]),
    ]
    assert by_output([("out", 1), ("dev", 2), ("out", 3)]) == {"out": (1, 3), "dev": (2,)}
