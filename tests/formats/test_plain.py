"""Values of libraries become plain ones, within bounds."""

from datetime import date

import pytest

from harness.formats import plain as reader
from harness.formats.change import BeyondBoundError
from harness.formats.plain import plain


def test_every_part_becomes_plain() -> None:
    value = {1: (b"x", None, 1.5), "day": date(2026, 1, 2), (1, 2): [True]}
    assert plain(value) == {
        "1": [b"x", None, 1.5],
        "day": "datetime.date(2026, 1, 2)",
        "(1, 2)": [True],
    }


def test_depth_is_bounded() -> None:
    value: list[object] = []
    value.append(value)
    with pytest.raises(BeyondBoundError, match="nested"):
        plain(value)


def test_number_of_values_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_VALUES", 3)
    assert plain([1, 2]) == [1, 2]
    with pytest.raises(BeyondBoundError, match="more than 3 values"):
        plain([1, 2, 3])
