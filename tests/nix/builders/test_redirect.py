"""Compiled-in paths of the C library and the loader lead into the tree."""

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import BUILDERS
from tests.elf import Segment, elf, program_headers

_LIBRARIES = "usr/lib/x86_64-linux-gnu"
_LOAD = 1


def _file(path: bytes) -> bytes:
    """Return a library with one instruction and one pointer that lead to `path`."""
    text = b"other\0" + path + b"\0"
    lea = b"\x48\x8d\x3d" + struct.pack("<i", 0x1006 - (0x2000 + 7))
    return elf(
        Segment(kind=_LOAD, content=text, address=0x1000),
        Segment(kind=_LOAD, content=lea, address=0x2000, flags=5),
        Segment(kind=_LOAD, content=struct.pack("<QQ", 0x1006, 7), address=0x3000, flags=6),
        page=4096,
    )


def _redirected(tree: Path, libc: bytes) -> subprocess.CompletedProcess[str]:
    libraries = tree / _LIBRARIES
    libraries.mkdir(parents=True)
    (tree / "etc").mkdir()
    (libraries / "libc.so.6").write_bytes(libc)
    (libraries / "ld-linux-x86-64.so.2").write_bytes(_file(b"/etc/ld.so.cache"))
    return subprocess.run(
        [sys.executable, str(BUILDERS / "redirect.py")],
        env={"out": str(tree), "multiarch": "x86_64-linux-gnu"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_instructions_and_pointers_lead_to_the_longer_path(tmp_path: Path) -> None:
    completed = _redirected(tmp_path, _file(b"/bin/sh"))
    assert completed.returncode == 0, completed.stderr
    assert "libc.so.6: 2 references to /bin/sh redirected" in completed.stdout
    data = (tmp_path / _LIBRARIES / "libc.so.6").read_bytes()
    text, code, pointers = program_headers(data)
    (displacement,) = struct.unpack_from("<i", data, code[2] + 3)
    (pointer, other) = struct.unpack_from("<QQ", data, pointers[2])
    assert pointer == 0x2000 + 7 + displacement
    at = text[2] + pointer - text[3]
    wanted = os.fsencode(tmp_path / "usr/bin/sh") + b"\0"
    assert data[at : at + len(wanted)] == wanted
    assert at + len(wanted) == text[2] + text[5]
    assert (data[text[2] + 6 : text[2] + 14], other) == (b"/bin/sh\0", 7)


@pytest.mark.parametrize(
    "libc",
    [
        elf(Segment(kind=_LOAD, content=b"\0/bin/sh\0", address=0x1000), page=4096),
        elf(Segment(kind=_LOAD, content=b"\0/bin/sh\0", address=0x1000)),
    ],
    ids=["nothing refers to it", "there is no room"],
)
def test_what_cannot_be_redirected_ends_the_build(tmp_path: Path, libc: bytes) -> None:
    assert _redirected(tmp_path, libc).returncode != 0
