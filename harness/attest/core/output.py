"""What a rebuild statement says of one output, in words of its own: rebuild.schema.json has them.

A report for scripts may change; what was signed must be readable by whoever could read it before.
"""

from typing import Any

from harness.formats.wording import spelled
from harness.verify.core.causes.cause import Cause, Evidence
from harness.verify.core.report import name_of
from harness.verify.core.verdict import FileDifference, OutputResult

_MOST = 100
"""Files that are listed, for others must be able to read the statement."""


def signed(result: OutputResult) -> dict[str, Any]:
    """Return what was found of an output, less what has a meaning only on this machine."""
    return {
        "name": name_of(result),
        "derivation": result.derivation,
        "output": result.output,
        "path": result.path,
        "verdict": result.verdict.value,
        "reason": result.reason,
        "verified-at": result.verified_at or None,
        "nar-hash": result.nar_hash or None,
        "not-exercised": dict(result.unreached),
        "networked-inputs": list(result.networked),
        "causes": [_cause(one) for one in result.causes],
        "unexplained": list(result.unexplained[:_MOST]),
        "rebuilds": result.rebuilds,
        "differences": [_difference(one) for one in result.differences[:_MOST]],
    }


def _cause(cause: Cause) -> dict[str, Any]:
    return {
        "factor": cause.factor,
        "title": cause.title,
        "remedy": cause.remedy,
        "files": cause.files,
        "evidence": [_evidence(one) for one in cause.evidence],
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "output": evidence.output,
        "path": evidence.path,
        "field": spelled(evidence.place),
        "first": evidence.first,
        "second": evidence.second,
        "offset": evidence.offset,
    }


def _difference(difference: FileDifference) -> dict[str, Any]:
    at = difference.at
    return {
        "path": difference.path,
        "kind": difference.kind,
        "offset": at.offset if at else None,
        "first": at.first.hex() if at else None,
        "rebuilt": at.rebuilt.hex() if at else None,
    }
