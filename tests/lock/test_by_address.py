"""Locks of wheels that env.toml names by address."""

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from harness.errors import IntegrityError
from harness.fetch.locate import locate_wheels
from harness.lock.core.required import required
from harness.lock.freshness import stale_reasons
from harness.lock.make import lock
from harness.lock.requirements import add, remove
from harness.project.repository import Environment
from tests.indexes import Index
from tests.lock.environments import anew, edit, pins

_PATH = "/models/model-1-py3-none-any.whl"


def _wheel(text: str = "") -> bytes:
    content = io.BytesIO()
    metadata = "Metadata-Version: 2.1\nName: model\nVersion: 1\nRequires-Dist: b\n"
    with zipfile.ZipFile(content, "w") as wheel:
        for name, held in (
            ("METADATA", metadata + text),
            ("WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n"),
            ("RECORD", ""),
        ):
            wheel.writestr(zipfile.ZipInfo(f"model-1.dist-info/{name}"), held)
    return content.getvalue()


@pytest.fixture(name="address")
def _address(index: Index, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    index.server.files[_PATH] = _wheel()
    return index.server.url(_PATH)


def test_an_added_wheel_gets_its_hash_and_the_lock_has_both(
    environment: Environment, address: str
) -> None:
    added = add(environment, [f"model @ {address}"], record_urls=False)
    sha256 = hashlib.sha256(_wheel()).hexdigest()
    assert [one.text for one in added.notices] == [
        f"model: its sha256, {sha256}, is that of what the server sent now"
    ]
    assert f"{address}#sha256={sha256}" in environment.spec_path.read_text()
    assert pins(added.lock) == {"a": "2", "b": "1", "model": "1"}
    (wheel,) = next(one.wheels for one in added.lock.packages if one.name == "model")
    assert (wheel.url, wheel.sha256, wheel.size) == (address, sha256, len(_wheel()))
    assert not stale_reasons(anew(environment))
    (need,) = [one for one in required(added.lock, ["x86_64-linux"]) if one.input == wheel]
    assert locate_wheels([need]) == {need: [address]}
    assert lock(anew(environment), record_urls=False).changed is False


def test_another_hash_is_another_wheel_and_the_rest_stays(
    index: Index, environment: Environment, address: str
) -> None:
    add(environment, [f"model @ {address}"], record_urls=False)
    before, after = (hashlib.sha256(_wheel(text)).hexdigest() for text in ("", "License: X\n"))
    index.publish("b", "2")
    index.server.files[_PATH] = _wheel("License: X\n")
    edit(environment, before, after)
    made = lock(anew(environment), record_urls=False).lock
    assert pins(made) == {"a": "2", "b": "1", "model": "1"}
    assert after in environment.lock_path.read_text()
    edit(environment, after, "0" * 64)
    written = environment.lock_path.read_bytes()
    with pytest.raises(IntegrityError, match="another sha256 than the lock's"):
        lock(anew(environment), record_urls=False)
    assert environment.lock_path.read_bytes() == written


def test_a_wheel_by_address_is_removed_by_its_name(environment: Environment, address: str) -> None:
    add(environment, [f"model @ {address} ; sys_platform == 'linux'"], record_urls=False)
    assert "#sha256=" in environment.spec_path.read_text()
    made = remove(anew(environment), ["Model"], record_urls=False)
    assert pins(made.lock) == {"a": "2", "b": "1"}
