"""METADATA of wheels: requirements and licences as pip reads them; hostile bytes are refused."""

import importlib.metadata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement

from harness.core.wheel_metadata import LARGEST, Metadata, decode_metadata
from harness.errors import InputError

_HEAD = "Metadata-Version: 2.4\nName: a\nVersion: 1\n"


def _decoded(*fields: str) -> Metadata:
    return decode_metadata((_HEAD + "\n".join(fields) + "\n\ntext\n").encode(), "a.whl")


@pytest.mark.parametrize("name", ["requests", "pytest", "jsonschema", "cyclonedx-python-lib"])
def test_requires_what_the_standard_library_reads(name: str) -> None:
    known = importlib.metadata.distribution(name)
    data = known.read_text("METADATA")
    assert data is not None

    found = decode_metadata(data.encode(), name)

    assert set(found.requires) == {Requirement(one) for one in known.requires or []}
    assert found.requires
    assert found.licences


def test_an_expression_stands_above_a_name_and_a_name_above_classifiers() -> None:
    fields = (
        "License-Expression: MIT",
        "License: Expat",
        "Classifier: License :: OSI Approved :: MIT License",
    )

    assert _decoded(*fields).licences == ("MIT",)
    assert _decoded(*fields[1:]).licences == ("Expat",)
    assert _decoded(*fields[2:]).licences == ("MIT License",)


@pytest.mark.parametrize("licence", ["UNKNOWN", "x" * 201, "one\n        two", ""])
def test_a_text_and_unknown_are_no_name_of_a_licence(licence: str) -> None:
    assert _decoded(f"License: {licence}").licences == ()


def test_a_classifier_that_stands_twice_counts_once() -> None:
    assert _decoded(*["Classifier: License :: Public Domain"] * 2).licences == ("Public Domain",)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        (["Requires-Dist: ==1"], "Requires-Dist '==1'"),
        ([f"Requires-Dist: {'a' * 4097}"], "4096 characters"),
        (["Requires-Dist: a"] * 10_001, "10001 requirements"),
        (["x" * LARGEST], "bytes"),
    ],
)
def test_refuses_what_pip_would_not_take(fields: list[str], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        _decoded(*fields)


@given(st.binary(max_size=400), st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(data: bytes, value: bytes) -> None:
    for one in (data, _HEAD.encode() + b"Requires-Dist: " + value, b"License: " + value):
        try:
            found = decode_metadata(one, "a.whl")
        except InputError:
            continue
        assert all(licence.isprintable() for licence in found.licences)
