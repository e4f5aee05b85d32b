"""SLSA provenance v1: what an environment was built from, and how.

The format is "Provenance" of SLSA 1.0 (predicate type https://slsa.dev/provenance/v1). Parameters
are what a person chose; dependencies are everything else that the bits depend on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from harness.attest.core.predicate import Predicate
from harness.attest.core.rebuild import Occasion
from harness.attest.core.statement import Statement, Subject
from harness.lock.core.required import Required
from harness.project.core.revision import Revision
from harness.verify.core.factors.conditions import Conditions

BUILD_TYPE = "urn:harness:environment:v1"
"""An environment, built by Nix in its sandbox from a lock (docs/statements.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What an environment is built from.

    `spec_sha256` and `lock_sha256` are those of the files env.toml and pylock.toml. `revision` is
    None outside of a git repository, and before its first commit.
    """

    environment: str
    spec_sha256: str
    lock_sha256: str
    revision: Revision | None
    inputs: Sequence[Required]


def provenance(
    subjects: Sequence[Subject],
    sources: Sources,
    occasion: Occasion,
    conditions: Conditions,
    builder: str,
) -> Statement:
    """Return the provenance of `subjects`; `builder` names who signs, by the id of the key."""
    return Statement(
        subjects=tuple(subjects),
        predicate_type=Predicate.PROVENANCE,
        predicate={
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {
                    "environment": sources.environment,
                    "system": occasion.system,
                },
                "internalParameters": {
                    "derivation": occasion.derivation,
                    "nix": conditions.nix,
                    "harness": occasion.harness,
                },
                "resolvedDependencies": list(_dependencies(sources)),
            },
            "runDetails": {
                "builder": {"id": f"urn:harness:key:{builder}"},
                "metadata": {
                    "startedOn": occasion.started.isoformat(timespec="seconds"),
                    "finishedOn": occasion.finished.isoformat(timespec="seconds"),
                },
            },
        },
    )


def _dependencies(sources: Sources) -> Iterator[dict[str, Any]]:
    if sources.revision:
        yield {
            "name": "source",
            "digest": {"gitCommit": sources.revision.commit},
            "annotations": {"dirty": sources.revision.dirty},
        }
    yield {"name": "env.toml", "digest": {"sha256": sources.spec_sha256}}
    yield {"name": "pylock.toml", "digest": {"sha256": sources.lock_sha256}}
    for need in sources.inputs:
        yield {
            "name": need.input.file,
            "digest": {"sha256": need.input.sha256},
            "annotations": {"storePath": need.path},
        }
