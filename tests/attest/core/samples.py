"""A verification, and the statement about it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from harness.attest.core.rebuild import Claim, Occasion, OutputClaim
from harness.formats.change import field
from harness.verdict import Verdict
from harness.verify.core.causes.cause import Cause, Evidence
from harness.verify.core.factors.conditions import Conditions
from harness.verify.core.verdict import Divergence, FileDifference, OutputResult, Verification

DERIVATION = f"/nix/store/{'0' * 32}-environment.drv"
TOOL, TREE = (f"/nix/store/{digit * 32}-{name}" for digit, name in (("1", "tool"), ("2", "tree")))
# Known answers: `nix hash to-base32 --type sha256 HEX` of Nix 2.8.
HEX = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
NAR_HASH = "sha256:00xyyr3fi8l6hb839bv3f7yb86yjv7xi1cgh1xnhipym4asvb4aq"
OTHER_HASH = f"sha256:1{NAR_HASH[8:]}"
OCCASION = Occasion(
    derivation=DERIVATION,
    system="x86_64-linux",
    started=datetime(2026, 11, 23, 7, tzinfo=UTC),
    finished=datetime(2026, 11, 23, 8, tzinfo=UTC),
    expires=datetime(2027, 2, 1, tzinfo=UTC),
    harness="0.1.0",
)
CONDITIONS = Conditions(
    nix="2.8.0",
    processor="EPYC",
    cpus=2,
    kernel="6.1.0",
    flags=("avx2", "sse"),
    moved=frozenset({"clock", "umask"}),
    not_exercised={"cpus": "not asked for"},
)
_EVIDENCE = Evidence(
    output="out", path="id", place=field("line 1"), first="a", second="b", offset=7
)
_CAUSE = Cause(factor="clock", title="the time", remedy="omit", files=1, evidence=(_EVIDENCE,))


def result(path: str, verdict: Verdict = Verdict.SAME, **facts: Any) -> OutputResult:
    return OutputResult(
        **{
            "derivation": f"{path}.drv",
            "output": "out",
            "path": path,
            "verdict": verdict,
            "verified_at": "2026-11-23T07:54:34+00:00",
            "nar_hash": NAR_HASH,
        }
        | facts
    )


DIFFERENT = result(
    TREE,
    Verdict.DIFFERENT,
    differences=(
        FileDifference(
            path="id", kind="content", at=Divergence(offset=7, first=b"a", rebuilt=b"b")
        ),
    ),
    trees=("/nix/store/first", "/kept/rebuilt"),
    unreached={"clock": "the builder is static"},
    causes=(_CAUSE,),
    unexplained=("other",),
    rebuilds=5,
)


def verification(*results: OutputResult) -> Verification:
    return Verification(environment="serving", conditions=CONDITIONS, jobs=2, results=results)


CLAIM = Claim(
    environment="serving",
    derivation=DERIVATION,
    outputs={
        TOOL: OutputClaim(verdict=Verdict.SAME, nar_hash=NAR_HASH),
        TREE: OutputClaim(verdict=Verdict.DIFFERENT, nar_hash=NAR_HASH),
    },
    moved=2,
    nix="2.8.0",
    processor="EPYC",
    finished=OCCASION.finished,
    expires=OCCASION.expires,
)


def claim(**outputs: OutputClaim) -> Claim:
    """The claim, about outputs `tool` and `tree` as they are given here."""
    paths = {"tool": TOOL, "tree": TREE}
    return replace(CLAIM, outputs={paths[name]: one for name, one in outputs.items()})
