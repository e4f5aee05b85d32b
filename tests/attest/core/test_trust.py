from datetime import date
from typing import Any

import pytest
from hypothesis import given

from harness.attest.core.trust import Trusted, TrustedKey, chosen_threshold, placed
from harness.documents.decode import decode_whole
from harness.errors import InputError
from tests.damaged_documents import accepted_or_refused_at, damaged

_ENTRY = {"builder": "ci", "public-key": "PEM", "expires": "2027-01-31"}


def _decoded(document: dict[str, Any], where: str = "t.toml") -> tuple[TrustedKey, ...]:
    return placed(decode_whole(Trusted, document, where), where)


def _keys(*builders: str) -> tuple[TrustedKey, ...]:
    entries = [
        {"builder": builder, "public-key": f"{index}"} for index, builder in enumerate(builders)
    ]
    return _decoded({"trusted-keys": entries})


def test_reads_builder_key_and_day() -> None:
    (key,) = _decoded({"trusted-keys": [_ENTRY]})
    assert key == TrustedKey(
        builder="ci",
        public_key="PEM",
        expires=date(2027, 1, 31),
        where="t.toml: trusted-keys[0].public-key",
    )


def test_a_key_counts_on_its_last_day_and_not_later() -> None:
    (key,) = _decoded({"trusted-keys": [_ENTRY]})
    assert [key.has_expired(date(2027, month, 31)) for month in (1, 3)] == [False, True]


def test_a_key_without_a_day_always_counts() -> None:
    (key,) = _keys("ci")
    assert not key.has_expired(date.max)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"trusted-keys": {}}, "trusted-keys: expected an array of tables, found a table"),
        ({"trusted-keys": [{}]}, "trusted-keys[0].builder: missing; expected a string"),
        ({"trusted-keys": [_ENTRY], "x": 1}, "x: unknown key"),
        (
            {"trusted-keys": [{**_ENTRY, "builder": " "}]},
            "trusted-keys[0].builder: ' ': not a name of",
        ),
        (
            {"trusted-keys": [{**_ENTRY, "builder": "\n"}]},
            "trusted-keys[0].builder: '\\n': not a name",
        ),
        (
            {"trusted-keys": [{**_ENTRY, "builder": "a" * 61}]},
            f"trusted-keys[0].builder: {'a' * 61!r}: not",
        ),
        ({"trusted-keys": [{**_ENTRY, "key": ""}]}, "trusted-keys[0].key: unknown key"),
    ],
)
def test_refuses_with_the_key_path(document: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError) as error:
        _decoded(document)
    assert str(error.value).startswith(f"t.toml: {reason}")


def test_the_place_of_a_setting_is_below_its_table() -> None:
    (key,) = _decoded({"trusted-keys": [_ENTRY]}, "pyproject.toml: tool.harness")
    assert key.where == "pyproject.toml: tool.harness.trusted-keys[0].public-key"


def test_nobody_is_trusted_unless_named() -> None:
    with pytest.raises(InputError, match="no trusted keys: name them in --trust FILE"):
        chosen_threshold((), None)


@given(damaged({"trusted-keys": [_ENTRY]}))
def test_accepts_or_refuses_any_values(document: dict[str, Any]) -> None:
    with accepted_or_refused_at("t.toml: "):
        _decoded(document)


@pytest.mark.parametrize(
    ("builders", "wanted", "threshold"),
    [("a", None, 1), ("ab", None, 2), ("abc", None, 2), ("aab", None, 2), ("abc", 1, 1)],
)
def test_more_than_half_must_agree_unless_another_number_is_asked_for(
    builders: str, wanted: int | None, threshold: int
) -> None:
    assert chosen_threshold(_keys(*builders), wanted) == threshold


@pytest.mark.parametrize("wanted", [0, -1, 3])
def test_refuses_a_threshold_that_says_nothing_or_cannot_be_reached(wanted: int) -> None:
    with pytest.raises(InputError, match=f"--threshold {wanted}: expected 1 to 2, the trusted"):
        chosen_threshold(_keys("a", "b", "a"), wanted)
