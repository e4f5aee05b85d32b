"""A verdict kept between runs: what it speaks of, and its text, which may have been tampered with.

It is found by derivation, NAR hashes and conditions, so it speaks of exactly these bytes. Whatever
cannot be understood, or speaks of something else, counts as not being there.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from harness.verdict import Verdict
from harness.verify.core.factors.conditions import Conditions, Reach, Reached

_LARGEST = 2**20
_KEPT = {one.value: one for one in (Verdict.SAME, Verdict.DIFFERENT)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A derivation, the recorded NAR hash of each of its output paths, and the conditions."""

    derivation: str
    nar_hashes: Mapping[str, str]
    conditions: Conditions

    @property
    def key(self) -> str:
        """The sha256 (hex) of all of it."""
        return hashlib.sha256(json.dumps(self.as_object(), sort_keys=True).encode()).hexdigest()

    def as_object(self) -> dict[str, Any]:
        """Return it as reports and files hold it."""
        return {
            "derivation": self.derivation,
            "outputs": dict(self.nar_hashes),
            "conditions": dict(self.conditions.as_object()),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """When (ISO 8601, with a zone) a rebuild gave which verdict, by output path.

    `reach` tells which programs the factors reached then.
    """

    when: str
    verdicts: Mapping[str, Verdict]
    reach: Reach = field(default_factory=Reach)

    @property
    def is_same(self) -> bool:
        """Return whether every output was the same."""
        return set(self.verdicts.values()) == {Verdict.SAME}


def encode(subject: Subject, remembered: Remembered) -> bytes:
    """Return the text that `decode` reads."""
    entry = {
        "subject": subject.as_object(),
        "verified-at": remembered.when,
        "verdicts": {path: verdict.value for path, verdict in remembered.verdicts.items()},
        "reached": remembered.reach.reached.name,
        "beyond": list(remembered.reach.beyond),
        "knows-locale": remembered.reach.knows_locale,
    }
    return json.dumps(entry, indent=1).encode()


def decode(data: bytes, subject: Subject) -> Remembered | None:
    """Read what is remembered of a subject, or None where the text does not say it."""
    if len(data) > _LARGEST:
        return None
    try:
        entry = json.loads(data)
        if entry["subject"] != subject.as_object():
            return None
        moment = datetime.fromisoformat(entry["verified-at"])
        verdicts = {path: _KEPT[entry["verdicts"][path]] for path in subject.nar_hashes}
        reach = Reach(
            reached=Reached[entry["reached"]],
            beyond=tuple(map(str, entry["beyond"])),
            knows_locale=entry["knows-locale"] is True,
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if moment.tzinfo is None or not verdicts:
        return None
    when = moment.isoformat(timespec="seconds")
    return Remembered(when=when, verdicts=verdicts, reach=reach)
