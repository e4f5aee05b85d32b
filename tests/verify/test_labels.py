"""What fields are called decides nothing: labels of all formats get other names."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import pytest

from harness.formats import registry, wording
from harness.formats.change import LABELS, Change, Step
from harness.formats.wording import spelled, worded
from harness.verify.core.hints import (
    is_count,
    is_environment_dump,
    is_own,
    is_reading,
    is_reordered,
    is_vague,
    suspects,
)
from harness.verify.core.instability import Span, instabilities
from harness.verify.core.remedy import Seen, advice, causes
from tests.formats.seeds import Pair
from tests.formats.test_fuzz import EACH

_NOW = 1_795_000_000
_SPAN = Span(first=_NOW, second=_NOW + 3)
_MOST = 100


def _words(changes: list[Change]) -> dict[str, str]:
    """Return other words for every form and every label of some changes."""
    forms = {form.text: f"mtime {form.text}" for form in wording.FORMS.values()}
    labels = {
        str(step.value): "member order set mode 0x7fffffff"
        for change in changes
        for step in change.place
        if step.at in LABELS
    }
    return forms | labels


def _changes(pair: Pair) -> list[Change]:
    return list(islice(registry.explain(pair.path, pair.first, pair.second)[1], _MOST))


def _renamed(change: Change) -> Change:
    """Return a change as a format would tell it that calls all its fields something else."""
    steps = (
        Step(step.at, f"member {len(str(step.value))} mtime set") if step.at in LABELS else step
        for step in change.place
    )
    return replace(change, place=tuple(steps))


def _judged(pair: Pair, changes: list[Change]) -> Iterator[object]:
    """Yield all that is made of changes."""
    yield suspects(changes, _NOW)
    yield instabilities(changes, _SPAN)
    yield is_environment_dump(changes), is_reordered(changes), is_vague(changes, _NOW)
    for change in changes:
        yield suspects([change], _NOW), instabilities([change], _SPAN)
        yield is_own(change), is_reading(change), is_count(change)
        seen = Seen(path=pair.path, form=pair.format, place=change.place, values=change.texts)
        yield [advice([name], [seen]) for name in causes()]


@EACH
def test_other_labels_change_no_cause_and_no_remedy(pair: Pair) -> None:
    changes = _changes(pair)
    renamed = [_renamed(change) for change in changes]
    assert list(_judged(pair, renamed)) == list(_judged(pair, changes))


@EACH
def test_other_words_change_no_declaration_of_what_is_benign(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = _changes(pair)
    before = [spelled(change.place) for change in changes]
    assert pair.field in before
    monkeypatch.setattr(wording, "WORDS", _words(changes))
    again = [change.place for change in _changes(pair)]
    assert [spelled(place) for place in again] == before
    assert all(worded(place) != spelled(place) for place in again)
