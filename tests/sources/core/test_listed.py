import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InputError
from harness.sources.core.listed import ALGORITHMS, Listed, agree, as_input, known_hashes, weak

_DIGEST = hashlib.sha256(b"").hexdigest()


def test_algorithms_have_digests_of_one_length() -> None:
    assert {"md5", "sha256", "sha512", "blake2b"} <= set(ALGORITHMS)
    assert all(hashlib.new(name).hexdigest() for name in ALGORITHMS)


def test_what_is_no_hash_that_can_be_checked_is_left_out() -> None:
    told = {"SHA256": _DIGEST.upper(), "crc32": "0" * 32, "md5": "x" * 32, "sha1": ""}
    assert known_hashes(told) == {"sha256": _DIGEST}


@given(st.dictionaries(st.sampled_from(ALGORITHMS), st.sampled_from(["0" * 64, "1" * 64])))
def test_a_file_agrees_with_itself_wherever_it_has_a_hash(hashes: dict[str, str]) -> None:
    assert agree(hashes, hashes) is (True if hashes else None)


def test_files_agree_by_every_hash_that_both_have() -> None:
    assert agree({"md5": "1", "sha1": "2"}, {"md5": "1", "sha256": "3"})
    assert agree({"md5": "1", "sha1": "2"}, {"md5": "1", "sha1": "3"}) is False
    assert agree({"md5": "1"}, {"sha256": "1"}) is None


def test_an_input_needs_sha256_and_a_size() -> None:
    whole = Listed(file="a.whl", hashes={"sha256": _DIGEST}, size=1, url="http://index.invalid/a")
    assert as_input(whole).url == "http://index.invalid/a"
    assert as_input(Listed(file="a.whl", hashes={"sha256": _DIGEST}, size=1)).url is None
    with pytest.raises(InputError, match=r"a\.whl: no sha256"):
        as_input(Listed(file="a.whl", hashes={"md5": "0"}, size=1))
    with pytest.raises(InputError, match="the size is not"):
        as_input(Listed(file="a.whl", hashes={"sha256": _DIGEST}))


def test_a_hash_by_which_files_can_be_made_alike_is_weak_alone() -> None:
    assert weak({"sha1": "0", "md5": "0"}) == "md5, sha1"
    assert not weak({"md5": "0", "sha256": "0"})
    assert not weak({})
