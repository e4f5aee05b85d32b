import struct
from pathlib import Path

import pytest

from harness.adapters.store import is_static_program


def _program(*segments: int, order: str = "<") -> bytes:
    """An ELF file of 64 bits with program headers of these types."""
    identity = b"\x7fELF\x02" + (b"\x01" if order == "<" else b"\x02") + bytes(10)
    header = struct.pack(
        f"{order}HHIQQQIHHHHHH", 2, 62, 1, 0, 64, 0, 0, 64, 56, len(segments), 0, 0, 0
    )
    return identity + header + b"".join(struct.pack(f"{order}I52x", kind) for kind in segments)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_program_without_a_loader_is_static(tmp_path: Path, order: str) -> None:
    (tmp_path / "static").write_bytes(_program(1, 1, 4, order=order))
    (tmp_path / "dynamic").write_bytes(_program(6, 3, 1, order=order))
    assert is_static_program(str(tmp_path / "static"))
    assert not is_static_program(str(tmp_path / "dynamic"))


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n", b"\x7fELF\x01" + bytes(60)])
def test_what_is_no_program_of_64_bits_counts_as_dynamic(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "script").write_bytes(content)
    assert not is_static_program(str(tmp_path / "script"))
    assert not is_static_program(str(tmp_path / "missing"))
