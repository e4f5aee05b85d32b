"""Places in the machine's spelling, which declarations of benign differences hold, and in words."""

import pytest

from harness.formats import wording
from harness.formats.change import At, Place, Step
from harness.formats.wording import spelled, worded

_MEMBER = Step(At.MEMBER, "a.gz")
_ROOT = Step(At.ROOT)


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ((), ""),
        ((_MEMBER,), "member a.gz"),
        ((_MEMBER, Step(At.FIELD, "mode")), "member a.gz: mode"),
        (
            (_MEMBER, Step(At.INSIDE, "gzip"), Step(At.HEADER, "gzip"), Step(At.FIELD, "mtime")),
            "member a.gz: gzip header mtime",
        ),
        ((Step(At.LINE, 3), Step(At.TO, 5)), "line 3-5"),
        ((Step(At.LINE, 3), Step(At.WORD, 2)), "line 3, word 2"),
        ((_ROOT, Step(At.KEY, "a"), Step(At.INDEX, 0), Step(At.KEY, "b")), "$.a[0].b"),
        ((_ROOT, Step(At.KEY, "a b"), Step(At.ASPECT, "length")), '$["a b"]: length'),
        ((Step(At.CELL, 1), Step(At.KEY, "id")), "cell 1 id"),
        (
            (Step(At.PART, "npy"), Step(At.ELEMENT, "[1]"), Step(At.ULP, 2)),
            "npy element [1] differs by 2 ULP",
        ),
        ((Step(At.NAME, "x"), Step(At.ELEMENT, "[1]")), "x: element [1]"),
        ((Step(At.MEMBER, "{}"),), "member {}"),
    ],
)
def test_places_have_one_spelling(place: Place, text: str) -> None:
    assert spelled(place) == text


def test_other_words_for_labels_change_what_people_read_and_no_spelling(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = {"member {}": "in {}", "mode": "permissions", "mode.txt": "never"}
    monkeypatch.setattr(wording, "WORDS", words)
    place = Step(At.MEMBER, "mode"), Step(At.FIELD, "mode")
    assert worded(place) == "in mode: permissions"
    assert spelled(place) == "member mode: mode"


def test_every_step_has_a_form() -> None:
    assert all(spelled((Step(at, "x"),)) for at in At if at is not At.INSIDE)
