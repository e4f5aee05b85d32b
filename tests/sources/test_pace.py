"""An index that gives its answers by and by is given up before uv waits for them."""

from collections.abc import Iterator

import pytest

from harness.errors import ToolError
from harness.host.http import Patience
from harness.sources.pace import require_pace
from tests import fakes

_HASTY = Patience(retries=0, answer=0.4, window=0.3, least=2**30)
_HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture(name="server")
def _server(monkeypatch: pytest.MonkeyPatch) -> Iterator[fakes.Server]:
    for name in ("http_proxy", "HTTP_PROXY", "NETRC"):
        monkeypatch.delenv(name, raising=False)
    with fakes.serving() as running:
        yield running


def _ask(server: fakes.Server, *requirements: str) -> None:
    indexes = f"{server.url('/simple', 'me:s3cret@')} file:///none"
    require_pace({"UV_INDEX": indexes, "UV_NO_CONFIG": "1"}, requirements, _HASTY)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (fakes.endless(_HEAD + b"\r\n", b"x", 0.01), r"only \d+ bytes in 0.3 s"),
        (fakes.endless(_HEAD + b"X: ", b"x", 0.01), "no answer in 0.4 s"),
    ],
    ids=["body", "head"],
)
def test_an_index_that_gives_a_byte_at_a_time_is_named_without_its_password(
    server: fakes.Server, answer: fakes.Answer, said: str
) -> None:
    server.script["/simple/some-thing/"] = [answer]
    with pytest.raises(ToolError, match=rf"the package index: http://127.*: {said}") as error:
        _ask(server, "Some_Thing>=1; python_version > '3'")
    assert "s3cret" not in str(error.value)


def test_an_index_is_asked_once_and_read_no_further_than_it_takes(server: fakes.Server) -> None:
    server.script["/simple/a/"] = [fakes.endless(_HEAD + b"\r\n", b"x" * 4096)]
    _ask(server, "no requirement at all", "a")
    _ask(server, "a")
    assert len(server.seen) == 1


def test_whatever_else_is_wrong_is_left_to_uv(server: fakes.Server) -> None:
    server.script["/simple/b/"] = [fakes.status(401)]
    _ask(server, "b")
    _ask(server, "not there")
    require_pace({"UV_INDEX": "http://127.0.0.1:1/simple", "UV_NO_CONFIG": "1"}, ["a"], _HASTY)
