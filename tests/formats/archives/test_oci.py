"""OCI documents: fields named as in the image specification."""

import json
from typing import Any

import pytest

from harness.formats.archives import oci as reader
from tests.formats.containers import CONFIG
from tests.formats.seeds import changed

DIGESTS = ["sha256:" + letter * 64 for letter in "abc"]


def manifest(*layers: str, config: str = DIGESTS[0]) -> dict[str, Any]:
    return {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"digest": config, "size": 7},
        "layers": [{"digest": layer, "size": 32} for layer in layers],
    }


def index(digest: str) -> dict[str, Any]:
    platform = {"architecture": "amd64", "os": "linux"}
    return {"schemaVersion": 2, "manifests": [{"digest": digest, "size": 9, "platform": platform}]}


def fields(first: dict[str, Any], second: dict[str, Any]) -> list[str]:
    return list(changed("blobs/sha256/1f", *(json.dumps(it).encode() for it in (first, second))))


def test_names_the_field_of_a_configuration() -> None:
    other = json.loads(json.dumps(CONFIG))
    other["created"] = other["history"][0]["created"] = "2025-01-01T00:00:00Z"
    other["config"]["Env"] = ["PATH=/bin:/sbin"]
    other["rootfs"]["diff_ids"][1] = DIGESTS[2]
    assert fields(CONFIG, other) == [
        "OCI config created",
        "OCI config config.Env[0]",
        "OCI config rootfs.diff_ids[1]",
        "OCI config history[0].created",
    ]


def test_names_the_digest_of_a_manifest_and_of_an_index() -> None:
    assert fields(manifest(*DIGESTS[:2]), manifest(DIGESTS[0], DIGESTS[2], config=DIGESTS[1])) == [
        "OCI manifest config.digest",
        "OCI manifest layers[1].digest",
    ]
    assert fields(manifest(*DIGESTS[1:]), manifest(*DIGESTS)) == [
        "OCI manifest layers: length",
        "OCI manifest layers[0]",
    ]
    assert fields(index(DIGESTS[0]), index(DIGESTS[1])) == ["OCI index manifests[0].digest"]


def test_what_is_no_pair_of_oci_documents_is_refused() -> None:
    contents = [json.dumps(it).encode() for it in (index(DIGESTS[0]), CONFIG, {"schemaVersion": 2})]
    for first, second, reason in (
        (contents[0], contents[1], "an OCI index and an OCI config"),
        (contents[2], contents[0], "no OCI index"),
        (b"[]", contents[0], "no OCI index"),
    ):
        with pytest.raises(ValueError, match=reason):
            list(reader.explain(first, second))
