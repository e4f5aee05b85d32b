import hashlib
from http import HTTPStatus

import pytest

from harness.errors import IntegrityError, ToolError
from harness.host.http import Patience
from harness.sources.core.listed import Listed
from harness.sources.obtain import complete
from tests import indexes
from tests.fakes import status

_FILE = "a-1-py3-none-any.whl"


def _digest(algorithm: str, content: bytes) -> str:
    return hashlib.new(algorithm, content).hexdigest()


def test_a_size_that_the_index_does_not_tell_is_asked_of_the_file_s_server() -> None:
    with indexes.index() as index:
        content = index.publish("a")
        hashes = {"sha256": _digest("sha256", content)}
        listed = Listed(file=_FILE, hashes=hashes, url=index.server.url(f"/files/{_FILE}"))
        assert complete(listed).size == len(content)


def test_what_is_known_is_not_asked_for() -> None:
    whole = Listed(file=_FILE, hashes={"sha256": "0" * 64}, url="http://127.0.0.1:9/", size=7)
    assert complete(whole) == whole


@pytest.mark.parametrize("told", ["md5", "sha512", None])
def test_a_file_without_sha256_is_read_and_held_against_what_is_told(told: str | None) -> None:
    with indexes.index() as index:
        content = index.publish("a")
        hashes = {told: _digest(told, content)} if told else {}
        listed = Listed(file=_FILE, hashes=hashes, url=index.server.url(f"/files/{_FILE}"))
        found = complete(listed)
        assert (found.size, found.hashes["sha256"]) == (len(content), _digest("sha256", content))


def test_a_file_that_is_not_what_the_index_tells_breaks_integrity() -> None:
    with indexes.index() as index:
        index.publish("a")
        address = index.server.url(f"/files/{_FILE}")
        with pytest.raises(IntegrityError, match=r"tells md5 0{32}, the file has md5 "):
            complete(Listed(file=_FILE, hashes={"md5": "0" * 32}, url=address))
        with pytest.raises(IntegrityError, match="more than the"):
            complete(Listed(file=_FILE, hashes={}, url=address, size=1))


def test_a_server_that_has_no_such_file_is_named() -> None:
    with indexes.index() as index:
        address = index.server.url(f"/files/{_FILE}")
        index.server.script[f"/files/{_FILE}"] = [status(HTTPStatus.NOT_FOUND)] * 2
        with pytest.raises(ToolError, match="404"):
            complete(Listed(file=_FILE, hashes={}, url=address))
        with pytest.raises(ToolError, match=r"does not tell its size \(404\)"):
            complete(Listed(file=_FILE, hashes={"sha256": "0" * 64}, url=address))


def test_a_server_that_cannot_be_reached_is_named_without_a_password() -> None:
    listed = Listed(file=_FILE, hashes={}, url="http://user:s3cret@127.0.0.1:9/")
    for one in (listed, Listed(file=_FILE, hashes={"sha256": "0" * 64}, url=listed.url)):
        with pytest.raises(ToolError, match=r"127\.0\.0\.1:9") as error:
            complete(one, Patience(retries=0))
        assert "s3cret" not in str(error.value)
