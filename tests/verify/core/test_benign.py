import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.documents.decode import decode, decode_whole
from harness.errors import InputError
from harness.verdict import Verdict
from harness.verify.core.benign import (
    NOTHING_EXPECTED,
    Benign,
    Declared,
    accepted,
    expected,
    lines,
    require_current,
    require_used,
)
from tests.attest.core.samples import DIFFERENT, TOOL, TREE, result, verification
from tests.damaged_documents import accepted_or_refused_at, damaged

_ENTRY = {
    "path": "share/index.html",
    "field": "line 4",
    "reason": "the day of the build",
    "expires": "2027-01-31",
}
_BENIGN = Benign(
    path="share/index.html",
    field="line 4",
    reason="the day of the build",
    expires=date(2027, 1, 31),
)


def _decoded(*entries: Any) -> tuple[Benign, ...]:
    return decode(Declared, {"benign": list(entries)}, "env.toml").benign


def test_reads_path_field_reason_and_day() -> None:
    assert _decoded(_ENTRY) == (_BENIGN,)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({**_ENTRY, "reason": " "}, "benign[0].reason: ' ': empty"),
        ({**_ENTRY, "expires": "soon"}, "benign[0].expires: 'soon': not a date like 2027-01-31"),
        ({**_ENTRY, "fields": []}, "benign[0].fields: unknown key; did you mean 'field'?"),
        ({"path": "a"}, "benign[0].field: missing; expected a string"),
    ],
)
def test_refuses_with_the_key_path(entry: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError) as error:
        _decoded(entry)
    assert str(error.value).split("\n")[0] == f"env.toml: {reason}"


def test_one_field_is_declared_once() -> None:
    with pytest.raises(InputError, match=r"benign\[1\].field: 'line 4' of .* is declared twice"):
        _decoded(_ENTRY, {**_ENTRY, "reason": "another"})


@given(damaged({"benign": [_ENTRY]}))
def test_accepts_or_refuses_any_values(document: dict[str, Any]) -> None:
    with accepted_or_refused_at("env.toml: "):
        decode_whole(Declared, document, "env.toml")


def test_counts_on_its_last_day_and_not_later() -> None:
    require_current([_BENIGN], date(2027, 1, 31), "env.toml")
    with pytest.raises(InputError, match=r"env.toml: benign: 'line 4' of .* expired on 2027-01-31"):
        require_current([_BENIGN], date(2027, 2, 1), "env.toml")


def test_covers_an_output_whose_every_difference_is_declared() -> None:
    found = expected([_BENIGN], {"/nix/store/a": {"share/index.html": ["line 4"]}})
    assert found.covered == {"/nix/store/a"}
    assert found.found == {_BENIGN: ("/nix/store/a",)}


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"share/index.html": []},
        {"share/index.html": ["line 4", "line 5"]},
        {"share/index.html": ["line 4"], "share/other.html": ["line 4"]},
        {"share/index.html": ["line 4"], "unknown": []},
    ],
)
def test_does_not_cover_an_output_with_any_other_difference(files: dict[str, list[str]]) -> None:
    assert expected([_BENIGN], {"/nix/store/a": files}).covered == set()


def test_one_that_covers_a_part_is_used() -> None:
    found = expected([_BENIGN], {"/nix/store/a": {"share/index.html": ["line 4", "line 5"]}})
    require_used([_BENIGN], found, "env.toml")


def test_one_that_is_not_found_is_an_error() -> None:
    with pytest.raises(InputError, match=r"env.toml: benign: 'line 4' .* does not differ: remove"):
        require_used([_BENIGN], NOTHING_EXPECTED, "env.toml")
    found = expected([_BENIGN], {"/nix/store/a": {_BENIGN.path: ["line 5", "line 6"]}})
    with pytest.raises(InputError, match="remove it; what differs there: 'line 5', 'line 6'"):
        require_used([_BENIGN], found, "env.toml")


def test_stands_in_reports_with_the_outputs_it_was_found_in() -> None:
    found = expected([_BENIGN], {path: {_BENIGN.path: [_BENIGN.field]} for path in ("/a", "/b")})
    assert found.as_object() == [{**_ENTRY, "outputs": ["/a", "/b"]}]
    json.dumps(found.as_object())


_FILES = st.dictionaries(st.sampled_from("ab"), st.sets(st.sampled_from("xyz")))


@given(st.sets(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"))), _FILES)
def test_covered_means_that_nothing_else_differs(
    pairs: set[tuple[str, str]], files: dict[str, set[str]]
) -> None:
    declared = [
        Benign(path=path, field=field, reason="r", expires=date(2027, 1, 1))
        for path, field in sorted(pairs)
    ]
    covered = expected(declared, {"/o": files}).covered
    left = [(p, f) for p, fields in files.items() for f in fields if (p, f) not in pairs]
    unknown = [path for path, fields in files.items() if not fields]
    assert bool(covered) == (bool(files) and not left and not unknown)


def test_a_covered_difference_is_accepted_and_stays_different() -> None:
    found = verification(result(TOOL), DIFFERENT)
    benign = expected([_BENIGN], {TREE: {_BENIGN.path: [_BENIGN.field]}})
    assert (found.verdict, accepted(found, benign)) == (Verdict.DIFFERENT, Verdict.SAME)
    assert accepted(found, NOTHING_EXPECTED) is Verdict.DIFFERENT


@pytest.mark.parametrize("verdict", [v for v in Verdict if v not in {"SAME", "DIFFERENT"}])
def test_nothing_but_a_difference_is_accepted(verdict: Verdict) -> None:
    benign = expected([_BENIGN], {TREE: {_BENIGN.path: [_BENIGN.field]}})
    assert accepted(verification(result(TREE, verdict)), benign) is verdict


def test_is_told_with_its_reason_and_its_reach() -> None:
    whole, part = ({_BENIGN.path: [_BENIGN.field, *more]} for more in ((), ("line 5",)))
    said = "benign until 2027-01-31: share/index.html: line 4 (the day of the build)"
    assert list(lines(expected([_BENIGN], {TREE: whole}))) == [said]
    (line,) = lines(expected([_BENIGN], {TREE: part}))
    assert line == f"{said}, which does not cover all that differs"
