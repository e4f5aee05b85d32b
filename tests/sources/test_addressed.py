"""Wheels by address, from a server on loopback, with real uv."""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from harness.errors import InputError, IntegrityError, ToolError
from harness.host.core.architecture import ARCHITECTURES
from harness.host.http import Patience
from harness.sources.addressed import bring, hashed
from harness.sources.core.target import Target
from harness.sources.index import resolve
from tests import indexes
from tests.indexes import Index

_TARGET = Target(architecture=ARCHITECTURES["x86_64-linux"], python="3.11.2", glibc=(2, 36))
_FILE = "model-1+x-py3-none-any.whl"
_ONCE = Patience(retries=0)


@pytest.fixture(name="index")
def _index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Index]:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "UV_CACHE_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    for name in ("PIP_FIND_LINKS", "UV_INDEX"):
        monkeypatch.delenv(name, raising=False)
    with indexes.index() as index:
        monkeypatch.setenv("HARNESS_INDEX_URL", index.url)
        index.publish("thing", "1")
        index.publish("model", "9")
        index.server.files[f"/models/{_FILE}"] = _wheel("thing")
        yield index


def _wheel(*requires: str) -> bytes:
    content = io.BytesIO()
    lines = ["Metadata-Version: 2.1", "Name: model", "Version: 1+x"]
    lines += [f"Requires-Dist: {one}" for one in requires]
    with zipfile.ZipFile(content, "w") as wheel:
        wheel.writestr("model-1+x.dist-info/METADATA", "\n".join(lines) + "\n")
        wheel.writestr("model-1+x.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("model-1+x.dist-info/RECORD", "")
    return content.getvalue()


def _requirement(index: Index, sha256: str = "") -> str:
    own = sha256 or hashlib.sha256(index.server.files[f"/models/{_FILE}"]).hexdigest()
    return f"model @ {index.server.url(f'/models/{_FILE}')}#sha256={own}"


def test_a_wheel_by_address_is_resolved_with_what_it_requires(index: Index) -> None:
    (model, thing) = resolve([_requirement(index)], _TARGET)
    assert (model[:2], thing[:2]) == (("model", "1+x"), ("thing", "1"))
    (file,) = model[2]
    content = index.server.files[f"/models/{_FILE}"]
    assert (file.file, file.url) == (_FILE, index.server.url(f"/models/{_FILE}"))
    assert (file.size, file.hashes["sha256"]) == (
        len(content),
        hashlib.sha256(content).hexdigest(),
    )


def test_it_is_downloaded_once_and_no_index_is_asked_for_it(index: Index, tmp_path: Path) -> None:
    for number in range(2):
        (tmp_path / f"run{number}").mkdir()
        made = bring([_requirement(index), "thing"], tmp_path / f"run{number}")
        assert made.requirements[1] == "thing"
    asked = [path for path, _ in index.server.seen]
    assert asked == [f"/models/{_FILE}"] * 2  # its size, then the file
    resolve([_requirement(index)], _TARGET)
    assert "/simple/model/" not in [path for path, _ in index.server.seen]


def test_a_server_that_has_another_file_is_found_out(index: Index) -> None:
    with pytest.raises(IntegrityError, match="another sha256 than the lock's"):
        resolve([_requirement(index, "0" * 64)], _TARGET)


def test_a_server_that_does_not_have_it_is_not_the_user_s_fault(
    index: Index, tmp_path: Path
) -> None:
    requirement = _requirement(index).replace("/models/", "/elsewhere/")
    with pytest.raises(ToolError, match="elsewhere"):
        bring([requirement], tmp_path, _ONCE)


def test_a_wheel_without_a_hash_is_not_brought(index: Index, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="its sha256 is not told; `harness add` computes it"):
        bring([_requirement(index).partition("#")[0]], tmp_path)


def test_one_wheel_for_two_markers_is_brought_once(index: Index, tmp_path: Path) -> None:
    both = [f"{_requirement(index)} ; sys_platform {how} 'linux'" for how in ("==", "!=")]
    assert len(bring(both, tmp_path).wheels) == 1


def test_the_hash_is_that_of_what_the_server_sends(index: Index) -> None:
    told = Requirement(_requirement(index))
    untold = Requirement(_requirement(index).partition("#")[0])
    assert hashed(told) == (told, "")
    made, computed = hashed(untold)
    assert (str(made), computed) == (str(told), str(told).rpartition("=")[2])
    versions = Requirement("thing>1")
    assert hashed(versions) == (versions, "")
