"""The shadow predicate: how an image's answers compared with those of the image in production.

It holds what `result.json` of a run says of the whole (docs/shadow.md), and nothing that a request
or an answer held: no worst requests, groups, labels or values.
"""

from datetime import datetime

from harness.attest.core.predicate import Predicate
from harness.attest.core.statement import Statement, Subject
from harness.errors import InputError
from harness.shadow.core.result import ShadowResult, as_object

_TOLD = (
    "asked",
    "ending",
    "judgement",
    "findings",
    "counts",
    "levels",
    "unexercised",
    "detectable",
)
_ID = "sha256:"


def shadow_statement(result: ShadowResult, *, signed: datetime, harness: str) -> Statement:
    """Return what was found as a statement about the candidate's image, whatever the verdict.

    `signed` is now, with a zone; `harness` the version of this program.

    Raises:
        InputError: the candidate's image has no id that is a sha256.

    """
    candidate = result.asked.arms[2]
    if not candidate.image.startswith(_ID):
        raise InputError(f"{candidate.image[:80]!r} is not the id of an image")
    whole = as_object(result)
    return Statement(
        subjects=(Subject(name=candidate.reference, sha256=candidate.image.removeprefix(_ID)),),
        predicate_type=Predicate.SHADOW,
        predicate={
            **{key: whole[key] for key in _TOLD},
            "signed": signed.isoformat(timespec="seconds"),
            "harness": harness,
        },
    )
