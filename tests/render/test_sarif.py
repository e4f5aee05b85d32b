import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from harness.render.sarif import Kind, Result, Rule, Tool, written
from tests.render.test_junit import RAN

_TEXT: dict[str, Any] = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string"}},
    "additionalProperties": False,
}
_LOCATION: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "physicalLocation": {
            "type": "object",
            "additionalProperties": False,
            "required": ["artifactLocation"],
            "properties": {
                "artifactLocation": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "uri": {"type": "string", "pattern": r"^[A-Za-z0-9\-._~/%]+$"},
                        "uriBaseId": {"const": "%SRCROOT%"},
                    },
                }
            },
        },
        "logicalLocations": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"fullyQualifiedName": {"type": "string"}},
            },
        },
    },
}
_RESULT: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["ruleId", "message", "kind", "level"],
    "properties": {
        "ruleId": {"type": "string", "minLength": 1},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "kind": {
            "enum": ["notApplicable", "pass", "fail", "review", "open", "informational"],
        },
        "level": {"enum": ["none", "note", "warning", "error"]},
        "message": _TEXT,
        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
        "locations": {"type": "array", "items": _LOCATION},
        "suppressions": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["kind"],
                "properties": {
                    "kind": {"enum": ["inSource", "external"]},
                    "status": {"enum": ["accepted", "underReview", "rejected"]},
                    "justification": {"type": "string"},
                },
            },
        },
    },
    "if": {"not": {"properties": {"kind": {"const": "fail"}}}},
    "then": {"properties": {"level": {"const": "none"}}},
}
_MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
_RUN: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["tool", "results"],
    "properties": {
        "tool": {
            "type": "object",
            "additionalProperties": False,
            "required": ["driver"],
            "properties": {
                "driver": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["name"],
                    "properties": {
                        "name": {"type": "string"},
                        "version": {"type": "string"},
                        "rules": {
                            "type": "array",
                            "uniqueItems": True,
                            "items": {
                                "type": "object",
                                "additionalProperties": False,
                                "required": ["id"],
                                "properties": {
                                    "id": {"type": "string", "minLength": 1},
                                    "shortDescription": _TEXT,
                                    "help": _TEXT,
                                },
                            },
                        },
                    },
                }
            },
        },
        "invocations": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["executionSuccessful"],
                "properties": {
                    "executionSuccessful": {"type": "boolean"},
                    "exitCode": {"type": "integer"},
                    "startTimeUtc": _MOMENT,
                    "endTimeUtc": _MOMENT,
                },
            },
        },
        "results": {"type": "array", "items": _RESULT},
    },
}
ESSENTIALS = {
    "type": "object",
    "additionalProperties": False,
    "required": ["version", "runs"],
    "properties": {
        "$schema": {"type": "string", "pattern": r"/sarif-schema-2\.1\.0\.json$"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "items": _RUN},
    },
}
"""What the schema of SARIF 2.1.0 asks of the properties that are written, and no others."""

_RULE = Rule(id="clock", title="the time", help="leave it out")
_TOOL = Tool(name="harness", version="0.1.0", exit_code=1)


def read(data: bytes) -> dict[str, Any]:
    """The one run of a file that is as the format asks, with rules where results say they are."""
    document = json.loads(data)
    Draft202012Validator(ESSENTIALS).validate(document)
    (run,) = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])
    return dict(run)


def test_results_name_their_rules_once() -> None:
    one = Result(rule=_RULE, kind=Kind.FAIL, text="a differs", same="a")
    other = Result(rule=Rule(id="race", title="order"), kind=Kind.OPEN, text="b", same="b")
    run = read(written([one, other, one], _TOOL, RAN))
    assert run["tool"]["driver"]["rules"] == [
        {
            "id": "clock",
            "shortDescription": {"text": "the time"},
            "help": {"text": "leave it out"},
        },
        {"id": "race", "shortDescription": {"text": "order"}},
    ]
    assert [(each["ruleIndex"], each["level"]) for each in run["results"]] == [
        (0, "error"),
        (1, "none"),
        (0, "error"),
    ]


def test_a_result_says_where_it_is_and_why_it_is_accepted() -> None:
    result = Result(
        rule=_RULE,
        kind=Kind.FAIL,
        text="a differs",
        same="a",
        file="envs/ä b/env.toml",
        places=("/nix/store/x/a",),
        waived="known",
    )
    (told,) = read(written([result], _TOOL, RAN))["results"]
    assert told["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "envs/%C3%A4%20b/env.toml", "uriBaseId": "%SRCROOT%"}
            },
            "logicalLocations": [{"fullyQualifiedName": "/nix/store/x/a"}],
        }
    ]
    assert told["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "known"}
    ]


@given(st.text(), st.sampled_from(Kind))
def test_a_file_is_whole_whatever_others_wrote(said: str, kind: Kind) -> None:
    rule = Rule(id="x", title=said, help=said)
    result = Result(
        rule=rule, kind=kind, text=said, same=said, file=said, places=(said,), waived=said
    )
    (told,) = read(written([result], _TOOL, RAN))["results"]
    assert not {"\x1b", "\u202e"} & set(told["message"]["text"])
