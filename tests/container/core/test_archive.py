import io
import json
import tarfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.container.core.archive import (
    END,
    Format,
    Image,
    Layer,
    decode_image,
    header,
    members,
    nameless,
    padding,
    place,
    present,
)

_MANIFEST, _CONFIG, _BASE, _LINKS = ("sha256:" + letter * 64 for letter in "abcd")
_IMAGE = Image(
    tag="serving:latest",
    digest=_MANIFEST,
    id=_CONFIG,
    layers=(
        Layer(name="base", digest=_BASE, diff_id="sha256:" + "1" * 64, size=30),
        Layer(name="serving", digest=_LINKS, diff_id="sha256:" + "2" * 64, size=4),
    ),
)


def layout(image: Image = _IMAGE) -> dict[str, Any]:
    layers = [{"digest": layer.digest, "size": layer.size} for layer in image.layers]
    return {
        "oci-layout": {},
        "index.json": {"manifests": [{"digest": image.digest}]},
        "manifest.json": [{"RepoTags": [image.tag]}],
        place(image.digest): {"config": {"digest": image.id}, "layers": layers},
        place(image.id): {
            "rootfs": {"diff_ids": [layer.diff_id for layer in image.layers]},
            "history": [{"created_by": f"harness: {layer.name}"} for layer in image.layers],
        },
        **{place(layer.digest): None for layer in image.layers},
    }


def decoded(files: dict[str, Any]) -> Image:
    return decode_image(frozenset(files), files.__getitem__)


def test_an_image_is_read_from_its_layout() -> None:
    assert decoded(layout()) == _IMAGE
    assert _IMAGE.size == 34


def test_a_layer_without_its_history_is_refused() -> None:
    files = layout()
    files[place(_CONFIG)]["history"].pop()
    with pytest.raises(ValueError, match="shorter"):
        decoded(files)


def test_a_tag_that_is_no_text_is_refused() -> None:
    with pytest.raises(ValueError, match="name is missing"):
        decoded(layout() | {"manifest.json": [{"RepoTags": [None]}]})


def test_tables_come_before_small_blobs_and_those_before_layers() -> None:
    assert members(_IMAGE, Format.OCI) == [
        "oci-layout",
        "index.json",
        *map(place, [_MANIFEST, _CONFIG, _BASE, _LINKS]),
    ]
    assert members(_IMAGE, Format.DOCKER) == [
        "manifest.json",
        *map(place, [_CONFIG, _BASE, _LINKS]),
    ]


def test_layers_that_the_reader_has_are_left_out() -> None:
    assert members(_IMAGE, Format.DOCKER, without=[_BASE]) == [
        "manifest.json",
        *map(place, [_CONFIG, _LINKS]),
    ]


def test_equal_layers_are_sent_once() -> None:
    twice = Image(tag="t:1", digest=_MANIFEST, id=_CONFIG, layers=_IMAGE.layers[:1] * 2)
    assert members(twice, Format.DOCKER).count(place(_BASE)) == 1


@given(
    st.dictionaries(
        st.from_regex(r"[a-z0-9]{1,60}(/[a-z0-9]{1,60}){0,3}", fullmatch=True), st.binary()
    )
)
def test_tarfile_reads_what_was_framed(files: dict[str, bytes]) -> None:
    framed = (header(name, len(data)) + data + padding(len(data)) for name, data in files.items())
    with tarfile.open(fileobj=io.BytesIO(b"".join(framed) + END)) as archive:
        read = {
            entry.name: file.read() for entry in archive if (file := archive.extractfile(entry))
        }
    assert read == files


def test_a_blob_of_ten_gigabytes_has_a_header() -> None:
    with tarfile.open(fileobj=io.BytesIO(header("blob", 10**10))) as archive:
        entry = archive.next()
    assert entry is not None
    assert (entry.name, entry.size) == ("blob", 10**10)


def test_an_engine_has_layers_only_above_what_is_the_same() -> None:
    base, links = _IMAGE.layers
    assert present(_IMAGE, []) == frozenset()
    assert present(_IMAGE, [[links.diff_id, base.diff_id], [base.diff_id]]) == {base.digest}
    assert present(_IMAGE, [[base.diff_id, links.diff_id]]) == {base.digest, links.digest}


def test_a_layer_that_is_needed_again_higher_up_is_not_left_out() -> None:
    twice = Image(tag="t:1", digest=_MANIFEST, id=_CONFIG, layers=_IMAGE.layers[:1] * 2)
    assert present(twice, [[twice.layers[0].diff_id]]) == frozenset()


def test_a_table_can_leave_the_image_without_a_name() -> None:
    (entry,) = json.loads(nameless("config.json", ["layers/001", "layers/002"]))
    assert entry["Layers"] == ["layers/001", "layers/002"]
    assert (entry["Config"], entry["RepoTags"]) == ("config.json", None)
