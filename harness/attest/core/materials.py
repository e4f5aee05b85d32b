"""The bill of materials as a statement: CycloneDX, as in-toto carries it.

The format is "CycloneDX" of the in-toto Attestation Framework's predicates: the predicate is the
whole document, and its `specVersion` says of which version. There is no time in it: the same lock
and image give the same statement.
"""

import json

from harness.attest.core.predicate import Predicate
from harness.attest.core.statement import Statement, Subject


def materials(subject: Subject, bill: bytes) -> Statement:
    """Return what `subject` is made of; `bill` is what `harness.sbom.core.bill.bill` made."""
    return Statement(
        subjects=(subject,), predicate_type=Predicate.MATERIALS, predicate=json.loads(bill)
    )
