import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from harness.attest.core.predicate import Predicate
from harness.attest.core.shadow import shadow_statement
from harness.attest.core.statement import decode, encode
from harness.errors import InputError
from tests.shadow.core.evidence.simulation import HARMS
from tests.shadow.core.simulated import ASKED, ended, events, judged, spec

SIGNED = datetime(2026, 1, 2, tzinfo=UTC)
ID = "ab" * 32
CANDIDATE = replace(ASKED.arms[2], image=f"sha256:{ID}")
WHO = replace(ASKED, arms=(*ASKED.arms[:2], CANDIDATE))
RESULT = replace(judged(spec(), *events(HARMS[0], 40, group="a secret"), ended(40)), asked=WHO)


def test_a_result_is_stated_of_the_image_that_was_asked() -> None:
    statement = decode(encode(shadow_statement(RESULT, signed=SIGNED, harness="1")), "file")
    (subject,) = statement.subjects
    assert (subject.name, subject.sha256) == (CANDIDATE.reference, ID)
    assert statement.predicate_type == Predicate.SHADOW
    assert statement.predicate["judgement"] == RESULT.judgement
    assert statement.predicate["asked"]["seed"] == ASKED.seed
    assert statement.predicate["signed"] == "2026-01-02T00:00:00+00:00"


def test_nothing_that_production_answered_is_stated() -> None:
    said = json.dumps(shadow_statement(RESULT, signed=SIGNED, harness="1").predicate)
    assert RESULT.worst
    assert "worst" not in said
    assert "a secret" not in said


def test_an_image_without_an_id_is_refused() -> None:
    unknown = replace(ASKED, arms=(*ASKED.arms[:2], replace(CANDIDATE, image="service")))
    with pytest.raises(InputError, match="'service' is not the id of an image"):
        shadow_statement(replace(RESULT, asked=unknown), signed=SIGNED, harness="1")
