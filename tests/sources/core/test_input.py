import pytest

from harness.errors import InputError
from harness.sources.core.input import Input

_DIGEST = "a" * 64


@pytest.mark.parametrize(
    "name", ["", ".hidden", "..", "a/b", "/a", "-o", "a b", "a\n", "a\0", "ü.whl", "a" * 212]
)
def test_a_file_name_is_one_plain_component(name: str) -> None:
    with pytest.raises(InputError):
        Input(file=name, size=1, sha256=_DIGEST)


@pytest.mark.parametrize("digest", ["", "A" * 64, "a" * 63, "a" * 65, "g" * 64, "a" * 64 + "\n"])
def test_a_digest_is_lower_case_hex(digest: str) -> None:
    with pytest.raises(InputError, match="is not a sha256"):
        Input(file="a.whl", size=1, sha256=digest)


@pytest.mark.parametrize("size", [0, -1, 2**40 + 1])
def test_a_size_is_positive_and_bounded(size: int) -> None:
    with pytest.raises(InputError, match="the size is not between"):
        Input(file="a.whl", size=size, sha256=_DIGEST)


def test_a_store_name_has_only_what_nix_allows() -> None:
    file = Input(file="libssl3_1%3a3.0~deb12!u2+b1_amd64.deb", size=1, sha256=_DIGEST)
    assert file.store_name == "libssl3_1-3a3.0-deb12-u2+b1_amd64.deb"
