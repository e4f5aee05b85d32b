import gzip
import hashlib
import json
from pathlib import Path

import pytest

from harness.errors import IntegrityError
from harness.sources import contents

INDEX = b"""\
usr/lib/x86_64-linux-gnu/libGL.so.1                     libs/libgl1
usr/lib/x86_64-linux-gnu/libjack.so.0                   libs/libjack0,sound/libjack-jackd2-0
usr/lib/x86_64-linux-gnu/blas/libblas.so.3              libs/libblas3
lib/x86_64-linux-gnu/libz.so.1                          libs/zlib1g
usr/lib/aarch64-linux-gnu/libarm.so.1                   libs/libarm1
usr/share/doc/libGL.so.1.txt                            doc/gl-doc
"""


def test_libraries_are_those_where_a_base_looks_for_them() -> None:
    assert contents.listed(INDEX.splitlines(keepends=True), "x86_64-linux-gnu") == {
        "libGL.so.1": ("libgl1",),
        "libjack.so.0": ("libjack0", "libjack-jackd2-0"),
        "libz.so.1": ("zlib1g",),
    }


def test_an_index_is_read_as_a_stream(tmp_path: Path) -> None:
    packed = tmp_path / "contents.gz"
    packed.write_bytes(gzip.compress(INDEX))
    assert contents._read(packed, "here", "x86_64-linux-gnu")["libGL.so.1"] == ("libgl1",)
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(IntegrityError, match="here: damaged"):
        contents._read(packed, "here", "x86_64-linux-gnu")


def test_what_was_read_is_remembered_by_the_hash_of_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    packed = tmp_path / "Contents.gz"
    packed.write_bytes(gzip.compress(INDEX))
    digest = hashlib.sha256(packed.read_bytes()).hexdigest()
    asked = (packed.as_uri(), digest, packed.stat().st_size, "x86_64-linux-gnu")
    found = contents._libraries(*asked)
    packed.unlink()
    assert contents._libraries(*asked) == found
    (kept,) = (tmp_path / "cache/harness/debian").glob("*.json")
    assert json.loads(kept.read_text())["libGL.so.1"] == ["libgl1"]
