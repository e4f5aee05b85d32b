import pytest

from harness.store.core import storepath

# Known answers: `nix-store --print-fixed-path [--recursive] sha256 HASH NAME` of Nix 2.8.
_HELLO = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"


def test_path_of_a_file_is_the_one_nix_prints() -> None:
    expected = "/nix/store/34p4wsjyvaf4xnvs6zg2n2cscnlvb7ri-x.whl"
    assert storepath.flat("x.whl", _HELLO) == expected


def test_path_of_a_tree_is_the_one_nix_prints() -> None:
    expected = "/nix/store/0a4i9wlgr25m5r22nlsx5xy20gnwc84l-seed"
    assert storepath.recursive("seed", _HELLO) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", ""),
        (b"\x00", "00"),
        (b"\x1f", "0z"),
        (b"\xff", "7z"),
        (bytes.fromhex(_HELLO), "00xyyr3fi8l6hb839bv3f7yb86yjv7xi1cgh1xnhipym4asvb4aq"),
    ],
)
def test_base_32_is_that_of_nix_hash(data: bytes, expected: str) -> None:
    assert storepath.base32(data) == expected
    assert storepath.from_base32(expected) == data


@pytest.mark.parametrize("text", ["e0", "0E", "zz", " 0"])
def test_refuses_what_is_not_base_32(text: str) -> None:
    with pytest.raises(ValueError, match=r"substring not found|first digit is too large"):
        storepath.from_base32(text)
