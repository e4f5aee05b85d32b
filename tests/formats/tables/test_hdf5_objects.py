"""The objects of HDF5 files against what the HDF5 library tells of the files that it wrote."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness.formats.tables.hdf5_objects import File, Object
from tests.formats.samples import h5py

VERSIONS = ("earliest", "latest")


def written(fill: Callable[[Any], object], version: str, **options: object) -> bytes:
    file = io.BytesIO()
    with h5py.File(file, "w", libver=version, **options) as root:
        fill(root)
    return file.getvalue()


def told(content: bytes) -> dict[str, int]:
    """Return the addresses of all objects, as the library gives them."""
    found = {}
    with h5py.File(io.BytesIO(content)) as root:
        root.visititems(lambda name, it: found.update({name: h5py.h5o.get_info(it.id).addr}))
    return found


def read(content: bytes) -> dict[str, int]:
    file = File(content)
    return dict(_below(file, file.object(file.root), ""))


def _below(file: File, group: Object, above: str) -> Iterator[tuple[str, int]]:
    for name, address in file.links(group):
        yield above + name, address
        yield from _below(file, file.object(address), f"{above}{name}/")


def nested(root: Any) -> None:
    for path in ("a/b/c", "a/d", "e"):
        root.create_group(path)
    root["a"].create_dataset("data", data=[1, 2, 3])


@pytest.mark.parametrize("version", VERSIONS)
def test_objects_are_where_the_library_says_they_are(version: str) -> None:
    content = written(nested, version)
    assert read(content) == told(content)
    assert set(told(content)) == {"a", "a/b", "a/b/c", "a/d", "a/data", "e"}


def test_a_large_group_of_the_old_style_is_read_through_all_levels_of_its_tree() -> None:
    content = written(lambda root: [root.create_group(f"g{n:04}") for n in range(600)], "earliest")
    assert read(content) == told(content)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_root_is_the_library_s(version: str) -> None:
    content = written(nested, version)
    with h5py.File(io.BytesIO(content)) as root:
        assert File(content).root == h5py.h5o.get_info(root.id).addr


@pytest.mark.parametrize("version", VERSIONS)
def test_messages_lie_where_they_say(version: str) -> None:
    content = written(nested, version)
    file = File(content)
    (address,) = (address for name, address in told(content).items() if name == "a/data")
    messages = file.object(address).messages
    assert {1, 3, 8} <= {message.type for message in messages}, "space, type, layout"
    assert all(content[one.start : one.start + len(one.data)] == one.data for one in messages)


def test_a_header_that_goes_on_elsewhere_is_read_to_its_end() -> None:
    def fill(root: Any) -> None:
        data = root.create_dataset("x", data=[1])
        for number in range(40):
            data.attrs[f"attribute {number}"] = "long enough for a block of its own" * 3

    content = written(fill, "earliest")
    messages = File(content).object(told(content)["x"]).messages
    assert [message.type for message in messages].count(0x0C) == 40


def test_links_that_lead_elsewhere_are_left_out() -> None:
    def fill(root: Any) -> None:
        root.create_group("here")
        root["soft"] = h5py.SoftLink("/here")
        root["far"] = h5py.ExternalLink("other.h5", "/here")

    assert set(read(written(fill, "latest"))) == {"here"}


def test_times_are_told_where_a_header_has_them() -> None:
    def fill(root: Any) -> None:
        root.create_dataset("with", data=[1], track_times=True)
        root.create_dataset("without", data=[1], track_times=False)

    content = written(fill, "latest")
    has = {name: File(content).object(at).times for name, at in told(content).items()}
    assert len(has["with"]) == 4
    assert min(has["with"]) > 1_600_000_000
    assert has["without"] == ()


@pytest.mark.parametrize("version", VERSIONS)
def test_every_file_that_is_cut_off_is_refused_or_read(version: str) -> None:
    content = written(nested, version)
    for size in range(0, len(content), 7):
        try:
            assert read(content[:size]).keys() <= told(content).keys()
        except ValueError:
            continue


def test_a_group_that_holds_itself_is_told_at_its_own_address() -> None:
    def fill(root: Any) -> None:
        group = root.create_group("a")
        group["again"] = group

    file = File(written(fill, "earliest"))
    ((_, address),) = file.links(file.object(file.root))
    assert list(file.links(file.object(address))) == [("again", address)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "bytes wanted"),
        (b"\x89HDF\r\n\x1a\n\x09", "superblock version 9"),
        (b"\x89HDF\r\n\x1a\n\x02\x04\x04" + bytes(60), "offsets and lengths of 04 04 bytes"),
    ],
)
def test_what_is_no_file_of_a_known_layout_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        File(content)


def test_what_is_no_object_tree_or_heap_is_refused_by_its_address() -> None:
    file = File(written(nested, "latest") + bytes(64))
    at = len(file.content) - 64
    with pytest.raises(ValueError, match=f"header of version 0 at {at:#x}"):
        file.object(at)
    with pytest.raises(ValueError, match=f"no HDF5 tree of kind 1 at {at:#x}"):
        list(file.leaves(at, 1, 24))
    with pytest.raises(ValueError, match=f"no HDF5 global heap at {at:#x}"):
        file.heap(at)
