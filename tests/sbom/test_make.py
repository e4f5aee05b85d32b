import io
import json
import tarfile
from pathlib import Path

import pytest

from harness.errors import InputError, ToolError
from harness.lock.core.values import Package
from harness.sbom.make import _NOT_PROMISED, _stated, sbom
from harness.store.core import storepath
from tests.fake_store import FakeStore
from tests.locked_environments import SYSTEM, LockedEnvironment, locked_environment
from tests.locks import file


@pytest.fixture
def locked(tmp_path: Path) -> LockedEnvironment:
    return locked_environment(tmp_path)


def test_the_bill_names_every_wheel_by_its_hash(locked: LockedEnvironment) -> None:
    bill = json.loads(sbom(locked.environment, system=SYSTEM, store=locked.store))
    assert bill["bomFormat"] == "CycloneDX"
    hashes = {
        one["name"]: [each["content"] for each in one.get("hashes", ())]
        for one in bill["components"]
    }
    for package in locked.lock.packages:
        assert package.wheels[0].sha256 in hashes[package.name]


def test_the_same_lock_gives_the_same_bytes(locked: LockedEnvironment) -> None:
    first, second = (sbom(locked.environment, system=SYSTEM, store=locked.store) for _ in range(2))
    assert first == second


def test_what_is_not_fetched_cannot_be_billed(locked: LockedEnvironment) -> None:
    locked.store.forget(locked.inputs[-1])
    with pytest.raises(ToolError, match="run `harness fetch a`"):
        sbom(locked.environment, system=SYSTEM, store=locked.store)


def test_a_wheel_without_metadata_is_named(locked: LockedEnvironment) -> None:
    locked.store.change(locked.inputs[-1], b"no wheel")
    with pytest.raises(InputError, match=r"p2-1-py3-none-any\.whl: no wheel"):
        sbom(locked.environment, system=SYSTEM, store=locked.store)


def test_a_stale_lock_is_refused(locked: LockedEnvironment) -> None:
    spec = locked.environment.spec_path
    spec.write_text(spec.read_text().replace("[]", '["numpy"]'))
    with pytest.raises(InputError, match="run `harness lock a`"):
        sbom(locked.environment, system=SYSTEM, store=locked.store)


@pytest.mark.parametrize(
    ("info", "unread"),
    [
        ("Metadata-Version: 2.4\nName: own\nVersion: 1\nRequires-Dist: click\n", ()),
        ("Metadata-Version: 2.1\nName: own\nVersion: 1\nRequires-Dist: click\n", (_NOT_PROMISED,)),
        (None, (_NOT_PROMISED,)),
    ],
)
def test_what_is_not_stated_by_an_sdist_is_said(
    tmp_path: Path, info: str | None, unread: tuple[str, ...]
) -> None:
    store, made = FakeStore(tmp_path), io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        member = tarfile.TarInfo("own-1/PKG-INFO" if info else "own-1/own.py")
        member.size = len(info or "")
        archive.addfile(member, io.BytesIO((info or "").encode()))
    sdist = file("own-1.tar.gz")
    store.fixed(storepath.flat(sdist.store_name, sdist.sha256), made.getvalue())
    known = _stated(Package(name="own", version="1", wheels=()), sdist, store)
    assert (len(known.requires), known.unread) == (1 if info else 0, unread)
