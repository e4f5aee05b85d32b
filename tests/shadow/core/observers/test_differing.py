from harness.shadow.core.answers.answer import Reply
from harness.shadow.core.answers.levels import Difference, Kind, Level
from harness.shadow.core.events import Phase, Played, Timed
from harness.shadow.core.observers.differing import MOST_FIELDS, MOST_SHOWN, Differing
from harness.shadow.core.page.differing import FieldCount


def played(*outcomes: str) -> Played:
    a, b, c = (
        Timed(intended=1.0, sent=1.0, finished=2.0, reply=Reply(outcome=outcome, body=b""))
        for outcome in outcomes
    )
    return Played(number=0, phase=Phase.SERIAL, group="", arms=(a, b, c))


def differs(field: str, level: Level = Level.LABEL) -> Difference:
    return Difference(field=field, level=level, kind=Kind.LABEL)


ALIKE = played("200", "200", "200")


def test_what_one_arm_alone_does_is_counted_for_it_and_what_comes_back() -> None:
    counts = Differing()
    counts.observe(ALIKE, [differs("id")], [differs("id"), differs("y[3]")], replayed=False)
    counts.observe(ALIKE, [differs("id")], [], replayed=False)
    counts.observe(ALIKE, [], [differs("y[1]"), differs("z", Level.WITHIN)], replayed=True)
    assert counts.counts() == [
        FieldCount(field="y[]", candidate=1, production=0, again=1),
        FieldCount(field="id", candidate=0, production=1, again=0),
    ]


def test_an_outcome_is_a_field() -> None:
    counts = Differing()
    counts.observe(played("200", "200", "503"), [], [], replayed=False)
    counts.observe(played("401", "401", "200"), [], [differs("")], replayed=False)
    counts.observe(played("200", "503", "200"), [], [], replayed=False)
    assert counts.counts() == [FieldCount(field="outcome", candidate=2, production=1, again=0)]


def test_fields_have_a_bound() -> None:
    counts = Differing()
    many = [differs(f"f{number}x") for number in range(MOST_FIELDS + 5)]
    counts.observe(ALIKE, [], many, replayed=False)
    assert len(counts.fields) == MOST_FIELDS
    assert len(counts.counts()) == MOST_SHOWN
