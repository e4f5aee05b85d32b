import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.image_layout import parts

_A, _B, _C = ("a" * 64, "b" * 64, "c" * 64)


def blob(digest: str) -> str:
    return f"blobs/sha256/{digest}"


def descriptor(digest: str) -> dict[str, str]:
    return {"digest": f"sha256:{digest}"}


OCI: dict[str, Any] = {
    "index.json": {"manifests": [descriptor(_A)]},
    blob(_A): {"config": descriptor(_B), "layers": [descriptor(_C), descriptor(_C)]},
    blob(_B): {},
    blob(_C): {},
}
DOCKER: dict[str, Any] = {
    "manifest.json": [{"Config": "x.json", "Layers": ["1/layer.tar"]}],
    "x.json": {},
    "1/layer.tar": {},
}


def read(files: dict[str, Any]) -> dict[str, str]:
    return dict(parts(frozenset(files), files.__getitem__))


def test_an_oci_layout() -> None:
    assert read(OCI) == {
        "manifest.json": blob(_A),
        "config.json": blob(_B),
        "layers/001": blob(_C),
        "layers/002": blob(_C),
    }


def test_an_index_below_the_index_is_followed() -> None:
    nested = "d" * 64
    files = OCI | {
        "index.json": {"manifests": [descriptor(nested)]},
        blob(nested): OCI["index.json"],
    }
    assert read(files) == read(OCI)


def test_an_archive_of_docker() -> None:
    assert read(DOCKER) == {"config.json": "x.json", "layers/001": "1/layer.tar"}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (OCI | {"index.json": []}, "table"),
        (OCI | {"index.json": {}}, "manifests is no list"),
        (OCI | {"index.json": {"manifests": []}}, "no manifests"),
        (OCI | {"index.json": {"manifests": [{"digest": "md5:0"}]}}, "no sha256"),
        (OCI | {blob(_A): {"config": descriptor("e" * 64), "layers": []}}, "not there"),
        (OCI | {blob(_A): {"config": {}, "layers": [descriptor(_C)] * 1001}}, "sha256|layers"),
        (OCI | {blob(_A): {"config": descriptor(_B), "layers": [descriptor(_C)] * 1001}}, "1001"),
        (DOCKER | {"manifest.json": {}}, "no images"),
        (DOCKER | {"manifest.json": [{"Config": "../x", "Layers": []}]}, "leads out"),
        (DOCKER | {"manifest.json": [{"Config": "/x", "Layers": []}]}, "leads out"),
    ],
)
def test_what_is_no_image_is_refused(files: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(files)


_JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=8), below),
    max_leaves=8,
)


@given(_JSON, st.sampled_from(["index.json", "manifest.json"]))
def test_any_document_is_an_image_or_refused(document: Any, name: str) -> None:
    files = {name: json.loads(json.dumps(document))}
    with pytest.raises((ValueError, KeyError)):
        read(files)
