import json

from harness.attest.core.provenance import Sources, provenance
from harness.attest.core.statement import Subject, encode
from harness.lock.core.required import Pin, Required
from harness.project.core.revision import Revision
from harness.sources.core.input import Input
from tests.attest.core.samples import CONDITIONS, HEX, OCCASION, TOOL
from tests.locks import LOCK

_TARGET = next(iter(LOCK.targets.values()))
_INPUT = Required(
    path="/nix/store/3-a.whl",
    input=Input(file="a.whl", size=1, sha256="a" * 64),
    source=Pin(name="a", version="1", target=_TARGET),
)
_SOURCES = Sources(
    environment="serving",
    spec_sha256="b" * 64,
    lock_sha256="c" * 64,
    revision=Revision(commit="d" * 40, dirty=True),
    inputs=(_INPUT,),
)


def test_is_slsa_provenance_of_what_was_built_from_what() -> None:
    subject = Subject(name=TOOL, sha256=HEX)
    statement = json.loads(encode(provenance([subject], _SOURCES, OCCASION, CONDITIONS, "k")))
    assert statement["predicateType"] == "https://slsa.dev/provenance/v1"
    assert statement["subject"] == [{"name": TOOL, "digest": {"sha256": HEX}}]
    assert statement["predicate"] == {
        "buildDefinition": {
            "buildType": "urn:harness:environment:v1",
            "externalParameters": {"environment": "serving", "system": "x86_64-linux"},
            "internalParameters": {
                "derivation": OCCASION.derivation,
                "nix": "2.8.0",
                "harness": "0.1.0",
            },
            "resolvedDependencies": [
                {
                    "name": "source",
                    "digest": {"gitCommit": "d" * 40},
                    "annotations": {"dirty": True},
                },
                {"name": "env.toml", "digest": {"sha256": "b" * 64}},
                {"name": "pylock.toml", "digest": {"sha256": "c" * 64}},
                {
                    "name": "a.whl",
                    "digest": {"sha256": "a" * 64},
                    "annotations": {"storePath": "/nix/store/3-a.whl"},
                },
            ],
        },
        "runDetails": {
            "builder": {"id": "urn:harness:key:k"},
            "metadata": {
                "startedOn": "2026-11-23T07:00:00+00:00",
                "finishedOn": "2026-11-23T08:00:00+00:00",
            },
        },
    }


def test_without_git_there_is_no_source_revision() -> None:
    sources = Sources(environment="a", spec_sha256="", lock_sha256="", revision=None, inputs=())
    predicate = provenance([], sources, OCCASION, CONDITIONS, "k").predicate
    dependencies = predicate["buildDefinition"]["resolvedDependencies"]
    assert [one["name"] for one in dependencies] == ["env.toml", "pylock.toml"]
