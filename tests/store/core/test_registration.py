"""What `nix-store --dump-db` prints is read as Nix wrote it."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ToolError
from harness.store.core.registration import Registration, decode_registrations

_PRINTED = """\
/nix/store/0dbw2mngg384az28qcc6mj4yi9p46hr4-a.drv
6221eeaeaa8f82110d74af6b4f7b4e539509beeff7031357317d27d163df0192
656

2
/nix/store/1pna9qcpw26cvwdhf0qql4nb1svxgaq4-b
/nix/store/0dbw2mngg384az28qcc6mj4yi9p46hr4-a.drv
/nix/store/1pna9qcpw26cvwdhf0qql4nb1svxgaq4-b
522fd83ac7a2be640cdd34e224efe7211e1a6d0f034efba3092ce785b7b82758
680
/nix/store/0dbw2mngg384az28qcc6mj4yi9p46hr4-a.drv
0
"""


def test_each_path_has_the_hash_and_the_size_of_its_archive() -> None:
    # `nix-hash --type sha256 --to-base32` is the known answer.
    assert decode_registrations(_PRINTED) == {
        "/nix/store/0dbw2mngg384az28qcc6mj4yi9p46hr4-a.drv": Registration(
            nar_hash="sha256:14h1vxix29vx65bi60zpxyz0k5ak9rxlysxgfh6i30lgmapfw8b2", nar_size=656
        ),
        "/nix/store/1pna9qcpw26cvwdhf0qql4nb1svxgaq4-b": Registration(
            nar_hash="sha256:0n17p2vqbrrc16iznkh31xnil7i1wzpj9qilvl669gm2qwxdhbsj", nar_size=680
        ),
    }


def test_nothing_is_recorded_of_nothing() -> None:
    assert decode_registrations("") == {}


@pytest.mark.parametrize("line", range(5))
def test_what_nix_does_not_print_is_refused(line: int) -> None:
    lines = _PRINTED.splitlines()[7:]
    damaged = [*lines[:line], *lines[line + 1 :]]
    with pytest.raises(ToolError, match="printed something else in line 1"):
        decode_registrations("\n".join(damaged))


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ToolError):
        decode_registrations(text)
