import json
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from harness.attest.core import statement
from harness.attest.core.rebuild import decode_claim, nar_hash, rebuild_statement
from harness.attest.core.statement import Statement, Subject
from harness.errors import InputError, ToolError
from harness.verdict import Verdict
from harness.verify.core.verdict import FileDifference
from tests.attest.core.samples import (
    CLAIM,
    DERIVATION,
    DIFFERENT,
    HEX,
    NAR_HASH,
    OCCASION,
    TOOL,
    TREE,
    result,
    verification,
)
from tests.damaged_documents import accepted_or_refused_at, damaged

_STATEMENT = rebuild_statement(verification(result(TOOL), DIFFERENT), OCCASION)
_PREDICATE = json.loads(json.dumps(_STATEMENT.predicate))
_SCHEMA = json.loads((files("harness.attest.core") / "rebuild.schema.json").read_text())


def _validate(predicate: Any) -> None:
    jsonschema.Draft202012Validator(
        _SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    ).validate(json.loads(json.dumps(predicate)))


def test_the_subjects_are_the_outputs_by_the_hash_of_their_archives() -> None:
    assert _STATEMENT.subjects == (Subject(name=TOOL, sha256=HEX), Subject(name=TREE, sha256=HEX))


def test_a_hash_is_written_as_nix_prints_it() -> None:
    assert nar_hash(HEX) == NAR_HASH


def test_the_predicate_is_of_the_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(_SCHEMA)
    _validate(_PREDICATE)


@pytest.mark.parametrize("verdict", Verdict)
def test_whatever_was_found_is_of_the_schema(verdict: Verdict) -> None:
    unbuilt = result("", Verdict.BUILD_FAILED, nar_hash="", verified_at="")
    found = verification(result(TOOL, verdict), unbuilt)
    _validate(rebuild_statement(found, replace(OCCASION, expires=None)).predicate)


@pytest.mark.parametrize(
    "break_it",
    [
        lambda p: p.pop("verdict"),
        lambda p: p.update(verdict="FINE"),
        lambda p: p["outputs"][0].update({"nar-hash": "sha256:00"}),
        lambda p: p["outputs"][1]["causes"][0].pop("remedy"),
        lambda p: p["conditions"].update(sandbox=False),
    ],
)
def test_the_schema_refuses_what_is_not_a_finding(break_it: Callable[[Any], Any]) -> None:
    predicate = json.loads(json.dumps(_PREDICATE))
    break_it(predicate)
    with pytest.raises(jsonschema.ValidationError):
        _validate(predicate)


def test_tells_the_conditions_and_what_was_not_exercised() -> None:
    assert _PREDICATE["conditions"]["moved"] == ["clock", "umask"]
    assert _PREDICATE["conditions"]["not-exercised"] == {"cpus": "not asked for"}
    assert _PREDICATE["outputs"][1]["not-exercised"] == {"clock": "the builder is static"}
    assert _PREDICATE["outputs"][1]["causes"][0]["factor"] == "clock"


def test_leaves_out_where_this_machine_keeps_trees() -> None:
    assert "/kept/rebuilt" not in json.dumps(_PREDICATE)


def test_lists_a_hundred_files_and_no_more() -> None:
    files = tuple(FileDifference(path=f"{number}", kind="content") for number in range(101))
    names = tuple(one.path for one in files)
    many = replace(DIFFERENT, differences=files, unexplained=names)
    (output,) = rebuild_statement(verification(many), OCCASION).predicate["outputs"]
    assert [len(output[name]) for name in ("differences", "unexplained")] == [100, 100]


def test_a_remembered_verdict_is_not_signed() -> None:
    with pytest.raises(InputError, match=r"serving: a remembered verdict is not signed.*--fresh"):
        rebuild_statement(verification(result(TOOL, remembered=True)), OCCASION)


def test_of_nothing_there_is_no_statement() -> None:
    with pytest.raises(ToolError, match="serving: nothing was built that a statement could speak"):
        rebuild_statement(verification(result("", Verdict.BUILD_FAILED, nar_hash="")), OCCASION)


def test_is_read_as_it_was_written() -> None:
    read = statement.decode(statement.encode(_STATEMENT), "x")
    assert decode_claim(read, "x") == CLAIM


def test_a_statement_may_have_no_expiry() -> None:
    found = rebuild_statement(verification(result(TOOL)), replace(OCCASION, expires=None))
    assert decode_claim(found, "x").expires is None


def test_what_was_not_built_has_no_path() -> None:
    unbuilt = result("", Verdict.BUILD_FAILED, nar_hash="")
    found = rebuild_statement(verification(result(TOOL), unbuilt, unbuilt), OCCASION)
    assert decode_claim(found, "x").outputs[TOOL].verdict is Verdict.SAME


def _changed(**changes: Any) -> Statement:
    return replace(_STATEMENT, predicate={**_PREDICATE, **changes})


def _with_output(**changes: Any) -> Statement:
    first, second = _PREDICATE["outputs"]
    changes = {name.replace("_", "-"): value for name, value in changes.items()}
    return _changed(outputs=[{**first, **changes}, second])


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (_changed(verdict="SAME"), "verdict: not the gravest verdict of its outputs"),
        (_changed(verdict="FINE"), "verdict: 'FINE' is none of CORRUPT, DIFFERENT"),
        (_changed(outputs=[]), "verdict: not the gravest"),
        (_changed(outputs=[{}] * 20_001), "outputs: 20001 outputs, more than 20000"),
        (_changed(derivation="a\x1b[2J"), "derivation: not a line of at most 200 printable"),
        (_changed(environment="a" * 201), "environment: not a line of at most 200 printable"),
        (_changed(finished="2026-11-23"), "finished: '2026-11-23' is not a time with a zone"),
        (_changed(expires="never"), "expires: 'never' is not a time with a zone"),
        (_changed(conditions=[]), "conditions: expected a table, found an array"),
        (_with_output(path=TREE), "outputs: a path stands twice"),
        (_with_output(nar_hash="md5:0"), "outputs[0].nar-hash: not a hash as Nix prints it"),
        (_with_output(nar_hash=None), "outputs: not the subjects of the statement"),
        (_with_output(nar_hash="sha256:" + "0" * 52), "outputs: not the subjects of the statement"),
    ],
)
def test_refuses_what_is_not_valid_or_contradicts_itself(broken: Statement, reason: str) -> None:
    with pytest.raises(InputError) as error:
        decode_claim(broken, "a.jsonl")
    assert str(error.value).startswith(f"a.jsonl: predicate.{reason}")


def test_refuses_the_predicate_of_another_type() -> None:
    with pytest.raises(InputError, match=r"a.jsonl: not a rebuild statement: 'urn:other'"):
        decode_claim(replace(_STATEMENT, predicate_type="urn:other"), "a.jsonl")


@given(damaged(_PREDICATE))
def test_accepts_or_refuses_any_values(predicate: dict[str, Any]) -> None:
    with accepted_or_refused_at("x: "):
        decode_claim(replace(_STATEMENT, predicate=predicate), "x")


def test_a_statement_is_what_version_1_has_always_been() -> None:
    """Others hold statements of this type: what is signed changes with the type's name alone."""
    golden = json.loads((Path(__file__).parent / "rebuild-v1.json").read_text())
    made = rebuild_statement(verification(result(TOOL), DIFFERENT), OCCASION)
    assert json.loads(statement.encode(made)) == golden
    read = decode_claim(statement.decode(json.dumps(golden).encode(), "old"), "old")
    assert (read.derivation, read.expires) == (DERIVATION, OCCASION.expires)
