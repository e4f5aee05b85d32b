from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import ToolError
from harness.fetch.locate import locate_debs, locate_interpreters, locate_wheels
from harness.lock.core.required import Pin, Required, required
from tests import fakes, stores
from tests.locked_environments import SYSTEM
from tests.locks import INTERPRETER, LOCK


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[fakes.Server]:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "HTTP_PROXY", "PIP_FIND_LINKS", "HARNESS_DEBIAN_MIRROR"):
        monkeypatch.delenv(name, raising=False)
    with fakes.serving() as running:
        monkeypatch.setenv("HARNESS_INDEX_URL", running.url("/simple"))
        yield running


def _split(needs: list[Required]) -> tuple[list[Required], list[Required]]:
    wheels = [need for need in needs if isinstance(need.source, Pin)]
    return wheels, [need for need in needs if need not in wheels]


def test_the_locks_own_addresses_are_taken_and_nobody_is_asked(server: fakes.Server) -> None:
    needs = required(stores.published_lock(server), [SYSTEM])
    wheels, debs = _split(needs)
    assert locate_wheels(needs) == {need: [need.input.url] for need in wheels}
    assert locate_debs(needs) == {need: [need.input.url] for need in debs}
    assert server.seen == []


def test_debs_without_an_address_are_looked_for_at_every_mirror(
    server: fakes.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs = required(stores.without_deb_urls(stores.published_lock(server)), [SYSTEM])
    monkeypatch.setenv("HARNESS_DEBIAN_MIRROR", "http://one.invalid/debian http://two.invalid/")
    for need, urls in locate_debs(needs).items():
        assert not isinstance(urls, Exception)
        assert urls[0].startswith("http://one.invalid/debian/pool/")
        assert urls[1].startswith("http://two.invalid/pool/")
        assert urls[1].endswith(need.input.file)


def test_an_interpreter_is_looked_for_at_the_mirror_of_interpreters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HARNESS_PYTHON_MIRROR", "https://one.invalid")
    one = replace(LOCK.targets[SYSTEM], interpreter=INTERPRETER)
    needs = required(replace(LOCK, targets={SYSTEM: one}), [SYSTEM])
    ((need, urls),) = locate_interpreters(needs).items()
    assert need.input == INTERPRETER.input
    assert not isinstance(urls, Exception)
    assert urls[0].startswith("https://one.invalid/20261021/cpython-3.12.15%2B")


def test_wheels_without_an_address_are_found_by_their_hash(server: fakes.Server) -> None:
    lock = stores.with_index(server, stores.published_lock(server))
    wheels, _ = _split(required(lock, [SYSTEM]))
    found = locate_wheels(wheels)
    for need, urls in found.items():
        assert not isinstance(urls, Exception)
        assert [url.partition("#")[0] for url in urls] == [server.url(f"/{need.input.file}")]


def test_a_wheel_that_the_index_has_otherwise_is_told_with_what_to_do(
    server: fakes.Server,
) -> None:
    lock = stores.with_index(server, stores.published_lock(server))
    wheels, _ = _split(required(lock, [SYSTEM]))
    other = replace(wheels[1], input=replace(wheels[1].input, sha256="0" * 64))
    found = locate_wheels([wheels[0], other])
    assert not isinstance(found[wheels[0]], Exception)
    told = found[other]
    assert isinstance(told, ToolError)
    assert "has no file with the lock's sha256; set HARNESS_INDEX_URL" in str(told)


def test_an_index_that_cannot_be_asked_is_told_for_each_of_its_wheels(
    server: fakes.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = stores.with_index(server, stores.published_lock(server))
    wheels, _ = _split(required(lock, [SYSTEM]))
    monkeypatch.setenv("HARNESS_INDEX_URL", "ftp://index.invalid/")
    assert all(isinstance(error, Exception) for error in locate_wheels(wheels).values())
