import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.attest.core.statement import Statement, Subject, decode, encode
from harness.errors import InputError
from tests.damaged_documents import VALUES, accepted_or_refused_at

_DIGEST = "0123456789abcdef" * 4
_STATEMENT = Statement(
    subjects=(Subject(name="/nix/store/a", sha256=_DIGEST),),
    predicate_type="urn:test",
    predicate={"verdict": "SAME"},
)


def test_is_an_in_toto_statement() -> None:
    assert json.loads(encode(_STATEMENT)) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "/nix/store/a", "digest": {"sha256": _DIGEST}}],
        "predicateType": "urn:test",
        "predicate": {"verdict": "SAME"},
    }


@given(
    st.lists(
        st.builds(
            Subject,
            name=st.text(st.characters(codec="utf-8"), max_size=20),
            sha256=st.binary(min_size=32, max_size=32).map(bytes.hex),
        ),
        min_size=1,
        unique_by=lambda subject: subject.name,
    ),
    st.dictionaries(st.text("ab"), st.integers()),
)
def test_reads_what_it_writes(subjects: list[Subject], predicate: dict[str, int]) -> None:
    statement = Statement(subjects=tuple(subjects), predicate_type="urn:x", predicate=predicate)
    assert decode(encode(statement), "x") == statement


def _changed(**changes: Any) -> bytes:
    return json.dumps({**json.loads(encode(_STATEMENT)), **changes}).encode()


def test_ignores_fields_that_it_does_not_know() -> None:
    assert decode(_changed(other=1), "x") == _STATEMENT


def _subject(name: Any = "a", **digest: Any) -> dict[str, Any]:
    return {"name": name, "digest": digest}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"_type": "https://in-toto.io/Statement/v0.1"}, "_type: not https://in-toto.io/Statem"),
        ({"subject": []}, "subject: 0 subjects; expected 1 to 20000"),
        ({"subject": [{}] * 20_001}, "subject: 20001 subjects; expected 1 to 20000"),
        ({"subject": [_subject(sha256=_DIGEST)] * 2}, "subject: a name stands twice"),
        ({"subject": [_subject(sha1="0")]}, "subject[0].digest.sha256: missing; expected a string"),
        ({"subject": [_subject(sha256="A" * 64)]}, "subject[0].digest.sha256: 'AAAAAAAAAA"),
        ({"subject": [_subject("x" * 1025, sha256=_DIGEST)]}, "subject[0].name: longer than 1024"),
        ({"predicate": 1}, "predicate: expected a table, found an integer"),
        ({"predicateType": None}, "predicateType: expected a string, found null"),
    ],
)
def test_refuses_with_the_key_path(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError) as error:
        decode(_changed(**changes), "a.jsonl")
    assert str(error.value).startswith(f"a.jsonl: statement.{reason}")


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(json.loads(encode(_STATEMENT)), VALUES)))
def test_accepts_or_refuses_any_values(changes: dict[str, Any]) -> None:
    document = {**json.loads(encode(_STATEMENT)), **changes}
    with accepted_or_refused_at("x: "):
        decode(json.dumps(document, default=str).encode(), "x")
