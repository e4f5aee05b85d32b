import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import HarnessError, IntegrityError, ToolError
from harness.fetch.downloads import Progress, downloading, place
from harness.lock.core.required import Required
from harness.sources.core.input import Input
from harness.sources.core.locked_deb import LockedDeb
from tests import fakes, stores


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[fakes.Server]:
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with fakes.serving() as running:
        yield running


def _need(server: fakes.Server, name: str, content: bytes) -> Required:
    file = stores.publish(server, f"{name}.deb", content)
    return Required(path=f"/nix/store/{name}", input=file, source=_source(file))


def _source(file: Input) -> LockedDeb:
    return LockedDeb(package="a", version="1", path=file.file, archive="bookworm", input=file)


def _outcomes(
    directory: Path, needs: list[Required], urls: dict[str, list[str]] | None = None
) -> tuple[dict[str, Path | HarnessError], list[Progress]]:
    told: list[Progress] = []
    found: dict[str, Path | HarnessError] = {}
    with downloading(directory, needs, 2, told.append) as downloads:
        for need in needs:
            downloads.add(need, (urls or {}).get(need.path, [str(need.input.url)]))
        for batch in downloads.batches():
            found |= {need.path: outcome for need, outcome in batch.items()}
    return found, told


def test_each_file_lies_in_a_directory_of_its_own(server: fakes.Server, tmp_path: Path) -> None:
    needs = [_need(server, name, name.encode() * 9) for name in "abc"]
    found, told = _outcomes(tmp_path, needs)
    for need in needs:
        path = found[need.path]
        assert isinstance(path, Path)
        assert path.parent == place(tmp_path, need)
        assert path.read_bytes() == need.path[-1:].encode() * 9
    last = told[-1]
    assert (last.size, last.all_size, last.files, last.all_files) == (27, 27, 3, 3)


def test_one_address_is_tried_after_the_other(server: fakes.Server, tmp_path: Path) -> None:
    need = _need(server, "a", b"content")
    urls = [server.url("/gone"), str(need.input.url)]
    found, _ = _outcomes(tmp_path, [need], {need.path: urls})
    assert isinstance(found[need.path], Path)


def test_a_file_without_a_good_address_has_all_their_problems(
    server: fakes.Server, tmp_path: Path
) -> None:
    good, bad = _need(server, "a", b"content"), _need(server, "b", b"content of b")
    server.script["/b.deb"] = [fakes.body(b"content of !")] * 9
    urls = [server.url("/gone"), str(bad.input.url)]
    found, _ = _outcomes(tmp_path, [good, bad], {bad.path: urls})
    assert isinstance(found[good.path], Path)
    problem = found[bad.path]
    assert isinstance(problem, IntegrityError)
    assert "/gone" in str(problem)


def test_what_has_no_address_that_answers_is_a_tool_error(
    server: fakes.Server, tmp_path: Path
) -> None:
    need = _need(server, "a", b"content")
    server.script["/a.deb"] = [fakes.status(404)] * 9
    found, _ = _outcomes(tmp_path, [need])
    assert type(found[need.path]) is ToolError


def test_threads_end_with_the_block_though_a_server_stalls(
    server: fakes.Server, tmp_path: Path
) -> None:
    need = _need(server, "a", b"content")
    server.script["/a.deb"] = [fakes.dripping]
    server.files["/a.deb"] = b"content" * 1000
    with downloading(tmp_path, [need], 2, lambda _: None) as downloads:
        downloads.add(need, [str(need.input.url)])
    until = time.monotonic() + 30
    while any(one.daemon and "work" in one.name for one in threading.enumerate()):
        assert time.monotonic() < until
        time.sleep(0.01)
