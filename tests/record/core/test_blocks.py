import gzip
import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.record.core import blocks as recording_blocks
from harness.record.core.blocks import HEAD, decode_head, is_cut, pack, unpack


@given(st.binary(), st.integers(0, 1000))
def test_a_block_is_what_gzip_reads(lines: bytes, requests: int) -> None:
    packed = pack(lines, requests)
    block = decode_head(packed[:HEAD])
    assert (block.size, block.requests) == (len(packed), requests)
    assert gzip.decompress(packed) == unpack(packed) == lines
    assert gzip.decompress(packed + packed) == lines * 2


@given(st.binary(max_size=60), st.data())
def test_a_damaged_block_is_refused_or_read_as_it_was(lines: bytes, data: st.DataObject) -> None:
    packed = bytearray(pack(lines, 1))
    packed[data.draw(st.integers(0, len(packed) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(ValueError):
        assert unpack(bytes(packed)) == lines


@given(st.binary(max_size=HEAD + 10))
def test_no_head_breaks_the_reader(head: bytes) -> None:
    with suppress(ValueError):
        decode_head(head)


@pytest.mark.parametrize("size", [0, HEAD, 2**32 - 1])
def test_a_block_is_longer_than_its_head_and_within_bounds(size: int) -> None:
    packed = bytearray(pack(b"line\n", 1))
    packed[16:20] = struct.pack("<I", size)
    with pytest.raises(ValueError, match=f"a block of {size} bytes with 1 requests"):
        decode_head(bytes(packed[:HEAD]))


@given(place=st.integers(0, HEAD - 1), bits=st.integers(1, 255))
def test_a_damaged_head_is_refused_or_says_the_same(place: int, bits: int) -> None:
    packed = bytearray(pack(b"line\n", 1))
    known = decode_head(bytes(packed[:HEAD]))
    packed[place] ^= bits
    with suppress(ValueError):
        assert decode_head(bytes(packed[:HEAD])) == known


def test_a_block_that_unpacks_to_very_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording_blocks, "MAX_PLAIN", 100)
    assert unpack(pack(b"a" * 100, 1)) == b"a" * 100
    with pytest.raises(ValueError, match="more than 100 bytes"):
        unpack(pack(b"a" * 101, 1))


def test_a_cut_and_a_foreign_member_are_refused() -> None:
    with pytest.raises(ValueError, match="damaged"):
        unpack(pack(b"line\n", 1)[:-1])
    with pytest.raises(ValueError, match="2 bytes where"):
        decode_head(b"\x1f\x8b")
    with pytest.raises(ValueError, match="no block of a recording"):
        decode_head(gzip.compress(b"line\n" * 20, mtime=0)[:HEAD])


@given(st.binary(), st.data())
def test_a_beginning_is_cut_and_a_whole_is_not(lines: bytes, data: st.DataObject) -> None:
    packed = pack(lines, 1)
    assert is_cut(packed[: data.draw(st.integers(HEAD, len(packed) - 1))])
    assert not is_cut(packed + data.draw(st.binary()))


def test_damaged_or_endless_data_is_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = pack(b"line\n" * 100, 1)
    assert not is_cut(packed[:HEAD] + b"\xff" + packed[HEAD + 1 :])
    monkeypatch.setattr(recording_blocks, "MAX_PLAIN", 10)
    assert not is_cut(packed[:-1])
