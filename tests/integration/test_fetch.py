"""Fetch, from a server on loopback into a store of the test's own."""

import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uv

import harness
from harness.errors import InputError, IntegrityError, ToolError
from harness.fetch.bring import Fetched, fetch
from harness.fetch.present import missing, require_inputs
from harness.fetch.wheelhouse import fill
from harness.host import process
from harness.host.processors import current_system
from harness.lock.core.pylock import encode_lock
from harness.lock.core.required import Required, required
from harness.lock.read import read_lock
from harness.project.repository import Environment, find_repository
from harness.store import nix
from tests import fakes, stores
from tests.fake_store import FakeStore

pytestmark = pytest.mark.nix

SYSTEM = current_system()


@pytest.fixture
def server() -> Iterator[fakes.Server]:
    with fakes.serving() as running:
        yield running


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NIX_REMOTE", f"local?root={tmp_path / 'store'}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(Path(harness.__file__).parents[1]))
    (tmp_path / "repository").mkdir()
    return tmp_path / "repository"


def environments(root: Path) -> list[Environment]:
    return find_repository(root).select(())


def bring(root: Path) -> Fetched:
    return fetch(environments(root), system=SYSTEM)


def needs(root: Path) -> list[Required]:
    return [need for e in environments(root) for need in required(read_lock(e), [SYSTEM])]


def left_in_cache(root: Path) -> list[str]:
    downloads = root.parent / "cache/harness/downloads"
    return sorted(path.name for path in downloads.rglob("*") if path.is_file())


def test_brings_everything_once(root: Path, server: fakes.Server) -> None:
    stores.write_repository(root, a=stores.published_lock(server))
    first, second = bring(root), bring(root)
    assert (first.needed, first.downloaded) == (7, 7)
    assert (second.needed, second.downloaded) == (7, 0)
    assert len(server.seen) == 7
    assert not missing(needs(root))
    assert not left_in_cache(root)


def test_the_store_holds_what_the_server_had(root: Path, server: fakes.Server) -> None:
    stores.write_repository(root, a=stores.published_lock(server))
    bring(root)
    stored = {need.input.file: root.parent / "store" / need.path[1:] for need in needs(root)}
    seed = stored.pop("busybox-static_1~x_all.deb")
    assert (seed / "bin/busybox").read_bytes() == stores.BUSYBOX
    for file, path in stored.items():
        assert path.read_bytes() == server.files[f"/{file}"]


def test_tells_how_far_it_is(root: Path, server: fakes.Server) -> None:
    stores.write_repository(root, a=stores.published_lock(server))
    told: list[Any] = []
    done = fetch(environments(root), system=SYSTEM, on_progress=told.append)
    assert (told[-1].files, told[-1].all_files) == (7, 7)
    assert told[-1].size == told[-1].all_size == done.size


def test_the_garbage_collector_leaves_what_the_repository_needs(
    root: Path, server: fakes.Server
) -> None:
    stores.write_repository(root, a=stores.published_lock(server))
    bring(root)
    process.check(["nix-store", "--gc", *nix.options()], env=nix.environment())
    assert not missing(needs(root))


def test_lets_go_of_what_the_lock_no_longer_names(root: Path, server: fakes.Server) -> None:
    stores.write_repository(root, a=stores.published_lock(server, wheels=5))
    bring(root)
    gone = {need.path for need in needs(root)}
    (root / "envs/a/pylock.toml").write_bytes(encode_lock(stores.published_lock(server, wheels=2)))
    gone -= {need.path for need in needs(root)}
    bring(root)
    process.check(["nix-store", "--gc", *nix.options()], env=nix.environment())
    assert len(gone) == 3
    assert sorted(nix.invalid_paths(gone)) == sorted(gone)
    assert not missing(needs(root))


def test_tells_every_problem_and_keeps_the_good_files(root: Path, server: fakes.Server) -> None:
    stores.write_repository(root, a=stores.published_lock(server))
    for number in (0, 2):
        del server.files[f"/p{number}-1-py3-none-any.whl"]
    with pytest.raises(ToolError) as caught:
        bring(root)
    assert sorted(re.findall(r"(p\d)-1\S+: http\S+ *404", str(caught.value))) == ["p0", "p2"]
    assert [n.input.file for n in missing(needs(root))] == [
        "p0-1-py3-none-any.whl",
        "p2-1-py3-none-any.whl",
    ]


def test_rejects_another_file_and_keeps_the_good_ones(root: Path, server: fakes.Server) -> None:
    stores.write_repository(root, a=stores.published_lock(server))
    size = len(server.files["/p1-1-py3-none-any.whl"])
    server.files["/p1-1-py3-none-any.whl"] = bytes(size)
    del server.files["/p0-1-py3-none-any.whl"]
    with pytest.raises(IntegrityError, match=r"p1-1-py3-none-any\.whl: .* another sha256"):
        bring(root)
    assert len(missing(needs(root))) == 2
    assert not left_in_cache(root)


def test_rejects_a_seed_that_unpacks_to_something_else(root: Path, server: fakes.Server) -> None:
    stores.write_repository(root, a=stores.with_wrong_seed(stores.published_lock(server)))
    with pytest.raises(IntegrityError, match=r"busybox-static_1~x_all\.deb: unpacks to"):
        bring(root)
    assert [need.is_seed for need in missing(needs(root))] == [True]


def test_takes_debs_from_the_next_mirror(
    root: Path, server: fakes.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = stores.published_lock(server)
    monkeypatch.setenv("HARNESS_DEBIAN_MIRROR", f"{server.url('/gone')} {server.url('/mirror')}")
    stores.write_repository(root, a=stores.without_deb_urls(lock))
    for path in [path for path in server.files if path.endswith(".deb")]:
        server.files[f"/mirror/pool{path}"] = server.files.pop(path)
    assert bring(root).downloaded == 7


def test_says_how_to_go_on_without_a_superseded_deb(
    root: Path, server: fakes.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = stores.published_lock(server)
    monkeypatch.setenv("HARNESS_DEBIAN_MIRROR", server.url("/gone"))
    stores.write_repository(root, a=stores.without_deb_urls(lock))
    with pytest.raises(ToolError) as caught:
        bring(root)
    told = str(caught.value)
    assert all(deb.input.file in told for deb in lock.targets[SYSTEM].debs)
    assert told.count("leaves the mirrors") == 1
    assert "HARNESS_DEBIAN_MIRROR, or run `harness lock --update base`" in told


def test_finds_two_versions_of_a_package_for_two_environments(
    root: Path, server: fakes.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_INDEX_URL", server.url("/simple"))
    locks = {
        name: stores.with_index(server, stores.published_lock(server, version=version))
        for name, version in (("a", "1"), ("b", "2"))
    }
    stores.write_repository(root, **locks)
    assert bring(root).downloaded == 10
    assert not missing(needs(root))


def test_names_a_wheel_that_the_index_does_not_have(
    root: Path, server: fakes.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_INDEX_URL", server.url("/simple"))
    stores.write_repository(root, a=stores.with_index(server, stores.published_lock(server)))
    rebuilt = stores.publish(server, "p1-1-py3-none-any.whl", stores.wheel("p1", 20))
    link = f'<a href="/{rebuilt.file}#sha256={rebuilt.sha256}">{rebuilt.file}</a>'
    server.files["/simple/p1/"] = link.encode()
    with pytest.raises(ToolError, match=r"p1-1-py3-none-any\.whl: the package index has no file"):
        bring(root)
    assert [need.input.file for need in missing(needs(root))] == ["p1-1-py3-none-any.whl"]


def test_names_the_command_that_fetches_what_is_missing(root: Path, server: fakes.Server) -> None:
    lock = stores.published_lock(server)
    stores.write_repository(root, a=lock)
    with pytest.raises(ToolError, match=r"^7 of 7 inputs are not .* run `harness fetch a`"):
        require_inputs(lock, SYSTEM, environment="a")
    bring(root)
    require_inputs(lock, SYSTEM, environment="a")


def test_installs_offline_from_a_wheelhouse(root: Path, server: fakes.Server) -> None:
    lock = replace(stores.published_lock(server), requires_python=">=3.11")
    stores.write_repository(root, a=lock)
    bring(root)
    house, place = root / "house", root / "place"
    assert fill(house, lock, SYSTEM, store=FakeStore(root.parent / "store/nix/store")) == 3
    argv = [uv.find_uv_bin(), "pip", "install", "--offline", "--no-cache", "--no-config"]
    argv += ["--python", sys.executable, "--target", str(place), "-r", str(house / "pylock.toml")]
    process.check([*argv, "--quiet"])
    assert sorted(path.name for path in place.glob("*.py")) == ["p0.py", "p1.py", "p2.py"]


def test_a_wheelhouse_touches_no_other_file(root: Path, server: fakes.Server) -> None:
    lock = stores.published_lock(server)
    stores.write_repository(root, a=lock)
    bring(root)
    for name in ("p1-1-py3-none-any.whl", "pylock.toml"):
        house = root / f"with {name}"
        house.mkdir()
        (house / name).write_text("mine")
        with pytest.raises(InputError, match=f"{name}: another file is there"):
            fill(house, lock, SYSTEM, store=FakeStore(root.parent / "store/nix/store"))
        assert [path.name for path in house.iterdir()] == [name]


def test_recovers_from_being_killed_at_any_moment(
    root: Path, server: fakes.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores.write_repository(root, a=stores.published_lock(server, wheels=20, size=400_000))
    moments = random.Random(7)  # noqa: S311 - moments, not secrets
    argv = [sys.executable, "-m", "harness", "fetch", "--jobs", "2"]
    for number in range(30):
        running = subprocess.Popen(argv, cwd=root, env=os.environ, stdout=subprocess.DEVNULL)
        try:
            status = running.wait(moments.uniform(0.05, 0.9))
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
        else:
            assert status == 0
            assert not missing(needs(root))
            assert not [name for name in left_in_cache(root) if name.endswith(".whl")]
            monkeypatch.setenv("NIX_REMOTE", f"local?root={root.parent / f'store-{number}'}")
        for path in (root.parent / "cache").rglob("*.whl"):
            assert path.is_dir() or path.read_bytes() == server.files[f"/{path.name}"]
    bring(root)
    assert not missing(needs(root))
    process.check(["nix-store", "--verify", "--check-contents", *nix.options()])
