import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.verdict import Verdict
from harness.verify.core.factors.conditions import Conditions, Reach, Reached
from harness.verify.core.remembered import Remembered, Subject, decode, encode

_OUT, _DOC = "/nix/store/x-a", "/nix/store/x-a-doc"
_CONDITIONS = Conditions(nix="2.8.0", processor="EPYC", cpus=2)
_SUBJECT = Subject(
    derivation="/nix/store/x-a.drv",
    nar_hashes={_OUT: "sha256:0", _DOC: "sha256:1"},
    conditions=_CONDITIONS,
)
_SAME = Remembered(
    when="2026-11-23T07:54:34+00:00", verdicts={_OUT: Verdict.SAME, _DOC: Verdict.SAME}
)


def _tampered(**changes: Any) -> bytes:
    return json.dumps(json.loads(encode(_SUBJECT, _SAME)) | changes).encode()


def test_what_was_kept_is_recalled() -> None:
    one_differs = replace(_SAME, verdicts={_OUT: Verdict.SAME, _DOC: Verdict.DIFFERENT})
    assert decode(encode(_SUBJECT, _SAME), _SUBJECT) == _SAME
    assert decode(encode(_SUBJECT, one_differs), _SUBJECT) == one_differs
    out_of_reach = replace(
        _SAME, reach=Reach(reached=Reached.CHILDREN, beyond=("busybox",), knows_locale=False)
    )
    assert decode(encode(_SUBJECT, out_of_reach), _SUBJECT) == out_of_reach
    assert _SAME.is_same
    assert not one_differs.is_same


@pytest.mark.parametrize(
    "other",
    [
        replace(_SUBJECT, derivation="/nix/store/x-b.drv"),
        replace(_SUBJECT, nar_hashes={_OUT: "sha256:0", _DOC: "sha256:2"}),
        replace(_SUBJECT, conditions=replace(_CONDITIONS, moved=frozenset({"clock"}))),
        replace(_SUBJECT, conditions=replace(_CONDITIONS, nix="2.26.3")),
        replace(_SUBJECT, conditions=replace(_CONDITIONS, cpus=1)),
        replace(_SUBJECT, conditions=replace(_CONDITIONS, shim="other")),
    ],
    ids=["derivation", "content", "factor", "nix", "cpus", "shim"],
)
def test_it_speaks_of_nothing_else(other: Subject) -> None:
    assert other.key != _SUBJECT.key
    assert decode(encode(_SUBJECT, _SAME), other) is None


def test_the_order_of_outputs_does_not_matter() -> None:
    turned = replace(_SUBJECT, nar_hashes=dict(reversed(list(_SUBJECT.nar_hashes.items()))))
    assert turned.key == _SUBJECT.key
    assert decode(encode(_SUBJECT, _SAME), turned) == _SAME


@pytest.mark.parametrize(
    "changes",
    [
        {"verified-at": "yesterday"},
        {"verified-at": "2026-11-23T07:54:34"},
        {"verified-at": 5},
        {"verdicts": {_OUT: "SAME"}},
        {"verdicts": {_OUT: "SAME", _DOC: "INCONCLUSIVE"}},
        {"verdicts": {_OUT: "SAME", _DOC: "fine"}},
        {"verdicts": {_OUT: "SAME", _DOC: ["SAME"]}},
        {"verdicts": []},
    ],
)
def test_what_cannot_be_understood_is_not_there(changes: dict[str, Any]) -> None:
    assert decode(_tampered(**changes), _SUBJECT) is None


def test_a_time_is_shown_as_harness_writes_it() -> None:
    found = decode(_tampered(**{"verified-at": "2026-11-23\x1b07:54:34+00:00"}), _SUBJECT)
    assert found == _SAME


def test_nothing_is_remembered_of_no_outputs() -> None:
    empty = replace(_SUBJECT, nar_hashes={})
    assert decode(encode(empty, replace(_SAME, verdicts={})), empty) is None


@pytest.mark.parametrize("data", [b"", b"[" * 100_000, b"null", b"[]", b"\xff", b" " * 2**21])
def test_hostile_text_is_not_there(data: bytes) -> None:
    assert decode(data, _SUBJECT) is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.sampled_from(["subject", "verified-at", "verdicts"]), _JSON)
def test_no_damage_makes_another_verdict(key: str, value: Any) -> None:
    assert decode(_tampered(**{key: value}), _SUBJECT) in (None, _SAME)
