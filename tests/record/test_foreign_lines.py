import gzip
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.errors import InputError
from harness.record import foreign_lines as module
from harness.record.foreign_lines import lines

CONTENT = b"one\ntwo\n\nthree"


def test_lines_of_a_plain_and_a_compressed_file_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(CONTENT)
    (tmp_path / "packed").write_bytes(gzip.compress(CONTENT[:5]) + gzip.compress(CONTENT[5:]))
    for name in ("plain", "packed"):
        assert list(lines(tmp_path / name)) == [b"one\n", b"two\n", b"\n", b"three"]


def test_an_empty_file_has_none(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert list(lines(tmp_path / "empty")) == []


def test_a_pipe_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    content = gzip.compress(CONTENT)
    with ThreadPoolExecutor() as pool:
        pool.submit((tmp_path / "pipe").write_bytes, content)
        assert b"".join(lines(tmp_path / "pipe")) == CONTENT


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="f: no such file"):
        next(lines(tmp_path / "f"))
    with pytest.raises(InputError, match="no such file"):
        next(lines(tmp_path))


@pytest.mark.parametrize("damage", ["cut", "changed", "trailing"])
def test_a_damaged_compressed_file_is_named(tmp_path: Path, damage: str) -> None:
    data = bytearray(gzip.compress(CONTENT * 100, mtime=0))
    if damage == "cut":
        del data[-10:]
    elif damage == "changed":
        data[14] ^= 0xFF
    else:
        data += b"more"
    (tmp_path / "f").write_bytes(data)
    with pytest.raises(InputError, match=r"f: line \d+: the compressed file is damaged .*zcat"):
        list(lines(tmp_path / "f"))


def test_a_line_beyond_bounds_is_refused_before_it_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_LINE", 8)
    (tmp_path / "f").write_bytes(b"short\nmuch too long\n")
    with pytest.raises(InputError, match="f: line 2: 8 bytes or more"):
        list(lines(tmp_path / "f"))
