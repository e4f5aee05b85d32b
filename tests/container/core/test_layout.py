import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.container.core.layout import aligned, is_image, layer_ids, parts

_A, _B, _C = ("a" * 64, "b" * 64, "c" * 64)


def blob(digest: str) -> str:
    return f"blobs/sha256/{digest}"


def descriptor(digest: str) -> dict[str, str]:
    return {"digest": f"sha256:{digest}"}


OCI: dict[str, Any] = {
    "oci-layout": {},
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


def test_two_names_of_one_image_and_its_attestation_are_one_image() -> None:
    """What `docker buildx build --output type=oci` writes."""
    statement = {**descriptor(_B), "platform": {"architecture": "unknown", "os": "unknown"}}
    image = {**descriptor(_A), "platform": {"architecture": "amd64", "os": "linux"}}
    assert read(OCI | {"index.json": {"manifests": [image, image, statement]}}) == read(OCI)


def test_an_archive_of_docker() -> None:
    assert read(DOCKER) == {"config.json": "x.json", "layers/001": "1/layer.tar"}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (OCI | {"index.json": []}, "table"),
        (OCI | {"index.json": {}}, "manifests is not a list"),
        (OCI | {"index.json": {"manifests": []}}, "no images"),
        (OCI | {"index.json": {"manifests": [descriptor(_A), descriptor(_B)]}}, "2 images in one"),
        (OCI | {"index.json": {"manifests": [{"digest": "md5:0"}]}}, "not a sha256"),
        (OCI | {blob(_A): {"config": descriptor("e" * 64), "layers": []}}, "not there"),
        (OCI | {blob(_A): {"config": {}, "layers": [descriptor(_C)] * 1001}}, "sha256|layers"),
        (OCI | {blob(_A): {"config": descriptor(_B), "layers": [descriptor(_C)] * 1001}}, "1001"),
        (DOCKER | {"manifest.json": {}}, "no images"),
        (DOCKER | {"manifest.json": [{"Config": "x.json"}, {"Config": "y.json"}]}, "2 images in"),
        (DOCKER | {"manifest.json": [{"Config": "../x", "Layers": []}]}, "leads out"),
        (DOCKER | {"manifest.json": [{"Config": "/x", "Layers": []}]}, "leads out"),
    ],
)
def test_what_is_no_image_is_refused(files: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(files)


def recognised(files: dict[str, Any]) -> bool:
    return is_image(frozenset(files), files.__getitem__)


def test_images_are_recognised_by_what_their_formats_ask_for() -> None:
    assert recognised(OCI)
    assert recognised(DOCKER)
    assert not recognised({"index.json": {}})
    assert not recognised({"manifest.json": {"name": "a page"}})
    assert not recognised({"manifest.json": []})


def test_a_manifest_that_cannot_be_read_is_no_image_s() -> None:
    def damaged(_: str) -> Any:
        raise ValueError

    assert not is_image(frozenset({"manifest.json"}), damaged)


def test_layers_are_known_by_the_digests_of_the_configuration() -> None:
    assert layer_ids({"rootfs": {"diff_ids": ["a", "b"]}}) == ["a", "b"]
    unlike: Any
    for unlike in ([], {}, {"rootfs": 1}, {"rootfs": {"diff_ids": 1}}):
        assert layer_ids(unlike) == []


def test_a_layer_that_comes_in_between_moves_the_others_aside() -> None:
    assert aligned(["base", "top"], ["base", "new", "top"]) == ([1, 3], [1, 2, 3])
    assert aligned(["base", "old"], ["base", "new"]) == ([1, 2], [1, 2])


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")))
def test_numbers_rise_and_equal_numbers_mean_aligned_layers(one: list[str], two: list[str]) -> None:
    ours, theirs = aligned(one, two)
    assert [len(ours), len(theirs)] == [len(one), len(two)]
    assert all(numbers == sorted(set(numbers)) for numbers in (ours, theirs))
    assert aligned(one, one) == (list(range(1, len(one) + 1)),) * 2


def test_very_many_layers_keep_their_numbers() -> None:
    many = ["a"] * 300
    assert aligned(many, ["b", *many])[1] == list(range(1, 302))


_JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=8), below),
    max_leaves=8,
)


@given(_JSON, st.sampled_from(["index.json", "manifest.json"]))
def test_any_document_is_an_image_or_refused(document: Any, name: str) -> None:
    files = {"oci-layout": {}, name: json.loads(json.dumps(document))}
    with pytest.raises((ValueError, KeyError)):
        read(files)
