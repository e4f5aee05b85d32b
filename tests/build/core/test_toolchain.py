from importlib.resources import files

import pytest

from harness.build.core.toolchain import decode_toolchains, encode_toolchains
from harness.errors import InputError
from harness.host.core.architecture import ARCHITECTURES

LOCK = (files("harness") / "nix" / "shim" / "lock.toml").read_bytes()


def test_the_shipped_lock_has_a_compiler_for_every_system_and_is_as_it_was_written() -> None:
    toolchains = decode_toolchains(LOCK, "lock.toml")
    assert toolchains.keys() == ARCHITECTURES.keys()
    assert encode_toolchains(toolchains) == LOCK


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"nar-sha256 = ", b"nar-sha256 = 1 #", "nar-sha256"),
        (b"[x86_64-linux.seed]", b"[x86_64-linux.sead]", "seed"),
        (b'path = "pool/', b'path = "../pool/', "path"),
    ],
)
def test_a_lock_that_is_not_one_is_refused_with_the_place(
    old: bytes, new: bytes, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        decode_toolchains(LOCK.replace(old, new), "lock.toml")
