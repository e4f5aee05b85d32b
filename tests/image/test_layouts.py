import io
import json
import tarfile
from pathlib import Path

import pytest

from harness.container.core.archive import Format, place
from harness.errors import ToolError
from harness.image.layouts import chunks, read_image
from tests.container.core.test_archive import layout

_BLOB = b"a layer"


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A layout as the store has it: tables are files, layers are links to where they were made."""
    root = tmp_path / "image"
    (root / "blobs/sha256").mkdir(parents=True)
    (tmp_path / "layer.tar.gz").write_bytes(_BLOB)
    for name, value in layout().items():
        if value is None:
            (root / name).symlink_to(tmp_path / "layer.tar.gz")
        else:
            (root / name).write_text(json.dumps(value))
    return root


def test_links_are_followed(stored: Path) -> None:
    image = read_image(stored)
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks(stored, Format.OCI)))) as archive:
        assert all(entry.isreg() for entry in archive)
        layer = archive.extractfile(place(image.layers[0].digest))
        assert layer is not None
        assert layer.read() == _BLOB


def test_the_stream_is_made_as_it_is_read(stored: Path) -> None:
    first = next(iter(chunks(stored)))
    assert len(first) == tarfile.BLOCKSIZE


def test_what_the_store_lost_is_named(stored: Path) -> None:
    (stored.parent / "layer.tar.gz").unlink()
    with pytest.raises(ToolError, match="blobs/sha256/c"):
        list(chunks(stored))
    with pytest.raises(ToolError, match="nowhere"):
        read_image(stored / "nowhere")


def test_an_image_without_a_name_takes_none(stored: Path) -> None:
    image = read_image(stored)
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks(stored, named=False)))) as archive:
        table = archive.extractfile("manifest.json")
        assert table is not None
        (entry,) = json.load(table)
    assert entry["RepoTags"] is None
    assert entry["Config"] == place(image.id)
    assert entry["Layers"] == [place(layer.digest) for layer in image.layers]
