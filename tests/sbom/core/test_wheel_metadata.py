"""METADATA of wheels: as pip reads it, and whatever installers take beside it."""

import importlib.metadata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement

from harness.sbom.core.wheel_metadata import LARGEST, Metadata, decode_metadata

_HEAD = "Metadata-Version: 2.4\nName: a\nVersion: 1\n"


def _decoded(*fields: str) -> Metadata:
    return decode_metadata((_HEAD + "\n".join(fields) + "\n\ntext\n").encode())


@pytest.mark.parametrize("name", ["requests", "pytest", "jsonschema", "cyclonedx-python-lib"])
def test_requires_what_the_standard_library_reads(name: str) -> None:
    known = importlib.metadata.distribution(name)
    data = known.read_text("METADATA")
    assert data is not None

    found = decode_metadata(data.encode())

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


def test_an_expression_may_be_long() -> None:
    expression = " AND ".join(["BSD-3-Clause"] * 40)
    assert _decoded(f"License-Expression: {expression}").licences == (expression,)


def test_a_classifier_that_stands_twice_counts_once() -> None:
    assert _decoded(*["Classifier: License :: Public Domain"] * 2).licences == ("Public Domain",)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("PyYAML (>=5.1.*)", "PyYAML"),
        ("six (>=1.*,<2.x) ; python_version < '4'", 'six; python_version < "4"'),
        ("requests[socks] >=2.0.*", "requests[socks]"),
        ("pytz (2019)", None),
        ("x y z", None),
        ("==1", None),
        ("a>=1; no_such == 'x'", None),
        ("a" * 4097, None),
    ],
)
def test_an_older_spelling_keeps_its_name_extras_and_marker(written: str, read: str | None) -> None:
    found = _decoded(f"Requires-Dist: {written}", "Requires-Dist: b")

    assert [str(one) for one in found.requires] == [*([read] if read else []), "b"]
    assert found.unread == (() if read else (written[:200],))


def test_no_requirement_is_left_out_unsaid() -> None:
    assert _decoded(*["Requires-Dist: a"] * 10_002).unread == ("2 more",)


def test_a_long_description_is_cut_off_and_what_stands_before_it_is_read() -> None:
    assert len(_decoded("Requires-Dist: a", "", "x" * LARGEST).requires) == 1


@pytest.mark.parametrize(
    ("fields", "supplier"),
    [
        (["Author: A. Person", "Maintainer: A Team"], "A Team"),
        (["Author: A. Person", "Maintainer: UNKNOWN"], "A. Person"),
        (
            ["Author-email: A. Person <a@index.invalid>, Other <o@index.invalid>"],
            "A. Person, Other",
        ),
        (["Author-email: a@index.invalid"], ""),
        (["Author: " + "x" * 201], ""),
    ],
)
def test_the_supplier_is_who_maintains_it_else_who_wrote_it(
    fields: list[str], supplier: str
) -> None:
    assert _decoded(*fields).supplier == supplier


@given(st.binary(max_size=400), st.binary(max_size=40))
def test_any_bytes_are_read(data: bytes, value: bytes) -> None:
    fields = (b"Requires-Dist", b"License", b"License-Expression", b"Author", b"Author-email")
    for one in (data, *(_HEAD.encode() + field + b": " + value for field in fields)):
        found = decode_metadata(one)
        names = (*found.licences, found.supplier)
        assert all(name.isprintable() for name in names)


@given(st.text(alphabet="a[]()<>=!~,; .*1'", max_size=60))
def test_any_requirement_is_read_or_kept_as_it_is_written(text: str) -> None:
    found = _decoded(f"Requires-Dist: b {text}")
    assert len(found.requires) + len(found.unread) == 1
