import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.diff.core.report import Item
from harness.diff.core.statements import compare_bundles, read_bundle
from harness.errors import InputError

_PROVENANCE = "https://slsa.dev/provenance/v1"


def line(predicate: Any, kind: str = "urn:a", *keys: str, sig: str = "AAAA") -> bytes:
    """One envelope, as DSSE 1.0 describes it."""
    payload = json.dumps({"predicateType": kind, "predicate": predicate}).encode()
    return json.dumps(
        {
            "payloadType": "application/vnd.in-toto+json",
            "payload": base64.b64encode(payload).decode(),
            "signatures": [{"keyid": key, "sig": sig} for key in keys],
        }
    ).encode()


def compare(first: bytes, second: bytes) -> list[Item]:
    return compare_bundles(read_bundle(first, "a"), read_bundle(second, "b"), 20)


def told(items: list[Item]) -> list[tuple[str, str, str, str]]:
    return [(one.subject, one.field, one.first, one.second) for one in items]


def test_a_bundle_is_the_same_as_itself() -> None:
    bundle = line({"n": 1}, "urn:a", "k") + b"\n" + line({}, _PROVENANCE, "k") + b"\n"
    assert compare(bundle, bundle) == []


def test_a_field_of_the_predicate_is_named() -> None:
    found = told(compare(line({"nix": "2.8"}), line({"nix": "2.9"})))
    assert found == [("urn:a", "$.predicate.nix", '"2.8"', '"2.9"')]


def test_statements_of_one_kind_are_held_against_each_other() -> None:
    first = line({}, "urn:a", "k") + b"\n" + line({}, "urn:b", "k")
    second = line({}, "urn:c", "k") + b"\n" + line({}, "urn:a", "k")
    assert told(compare(first, second)) == [
        ("urn:b", "removed", "k", ""),
        ("urn:c", "added", "", "k"),
    ]


def test_who_signed_is_told() -> None:
    assert told(compare(line({}, "urn:a", "k", "l"), line({}, "urn:a", ""))) == [
        ("urn:a", "signed by", "k, l", "a key without an id")
    ]
    assert told(compare(line({}), line({}, "urn:a", "k")))[0][2] == "nobody"


def test_another_signature_of_one_key_over_the_same_is_told() -> None:
    found = compare(line({}, "urn:a", "k", sig="AAAA"), line({}, "urn:a", "k", sig="BBBB"))
    assert told(found) == [("urn:a", "signature", "AAAA", "BBBB")]


def test_a_sigstore_bundle_is_read_for_its_envelope() -> None:
    inside = json.loads(line({"n": 1}, "urn:a", "k"))
    bundle = json.dumps({"mediaType": "x", "dsseEnvelope": inside}).encode()
    assert compare(bundle, line({"n": 1}, "urn:a", "k")) == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n" * 5,
        b"{}\n" * 1001,
        b"[]",
        b'{"payload": "\xc3\xa9", "signatures": []}',
        b'{"payload": "e30=", "signatures": []}',
        line({}, "urn:a", *map(str, range(101))),
        b" " * (32 * 2**20 + 1),
    ],
)
def test_what_is_no_bundle_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match=r"^a"):
        read_bundle(data, "a")


@given(st.binary() | st.text().map(str.encode))
def test_arbitrary_bytes_end_within_the_error_tree(data: bytes) -> None:
    with pytest.raises(InputError):
        read_bundle(data, "a")
