import hashlib
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import IntegrityError, ToolError
from harness.host.http import Patience, Session
from harness.sources.core.input import Input
from harness.sources.download import download
from tests import fakes

CONTENT = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(21_875))
WANTED = Input(
    file="a-1-py3-none-any.whl",
    size=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
)
PATIENT = Patience(retries=2, backoff=0)
NO_SILENCE = Patience(retries=2, backoff=0, silence=0.3)
NO_DRIPPING = Patience(retries=2, backoff=0, window=0.2, least=2**30)
PATH = "/a.whl"
HIDDEN = "hunter2"


@pytest.fixture
def server() -> Iterator[fakes.Server]:
    with fakes.serving() as running:
        running.files[PATH] = CONTENT
        yield running


class Place:
    """Where a file is downloaded to, and what has been told about its size."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "a.whl"
        self.part = directory / f"{WANTED.sha256}.part"
        self.sizes: list[int] = []

    def fetch(self, url: str, patience: Patience = PATIENT) -> None:
        with Session(patience) as session:
            download(session, url, WANTED, self.file, self.sizes.append)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    for name in ("http_proxy", "HTTP_PROXY", "NETRC"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return Place(tmp_path)


def test_brings_a_file_and_tells_its_size(server: fakes.Server, place: Place) -> None:
    place.fetch(server.url(PATH))
    assert place.file.read_bytes() == CONTENT
    assert place.sizes[0] == 0
    assert place.sizes[-1] == len(CONTENT)
    assert not place.part.exists()


def test_asks_for_the_bytes_as_they_are(server: fakes.Server, place: Place) -> None:
    place.fetch(server.url(PATH))
    assert server.seen[0][1]["Accept-Encoding"] == "identity"
    assert server.seen[0][1]["User-Agent"].startswith("harness/")


def test_reads_a_file_of_this_machine(place: Place, tmp_path: Path) -> None:
    source = tmp_path / "a file.whl"
    source.write_bytes(CONTENT)
    place.fetch(source.as_uri())
    assert place.file.read_bytes() == CONTENT


def test_says_which_file_of_this_machine_is_missing(place: Place, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"none\.whl: 404 No such file"):
        place.fetch((tmp_path / "none.whl").as_uri())


def test_goes_on_from_a_part(server: fakes.Server, place: Place) -> None:
    place.part.write_bytes(CONTENT[:1000])
    place.fetch(server.url(PATH))
    assert place.file.read_bytes() == CONTENT
    assert server.ranges() == ["bytes=1000-"]
    assert place.sizes[0] == 1000


def test_asks_nobody_when_the_part_is_whole(server: fakes.Server, place: Place) -> None:
    place.part.write_bytes(CONTENT)
    place.fetch(server.url(PATH))
    assert place.file.read_bytes() == CONTENT
    assert not server.seen


def test_believes_no_file_that_an_earlier_run_finished(server: fakes.Server, place: Place) -> None:
    place.file.write_bytes(bytes(len(CONTENT)))
    place.fetch(server.url(PATH))
    assert place.file.read_bytes() == CONTENT


def test_begins_again_when_a_part_was_damaged(server: fakes.Server, place: Place) -> None:
    place.part.write_bytes(bytes(1000))
    place.fetch(server.url(PATH))
    assert place.file.read_bytes() == CONTENT
    assert server.ranges() == ["bytes=1000-", None]


def test_begins_again_when_a_part_is_too_long(server: fakes.Server, place: Place) -> None:
    place.part.write_bytes(CONTENT + b"x")
    place.fetch(server.url(PATH))
    assert place.file.read_bytes() == CONTENT


@pytest.mark.parametrize(
    "answer", [fakes.ignoring_range, fakes.another_range, fakes.refusing_range]
)
def test_begins_again_when_the_server_does_not_go_on(
    server: fakes.Server, place: Place, answer: fakes.Answer
) -> None:
    place.part.write_bytes(CONTENT[:1000])
    server.script[PATH] = [answer]
    place.fetch(server.url(PATH))
    assert place.file.read_bytes() == CONTENT


def test_goes_on_where_a_connection_broke(server: fakes.Server, place: Place) -> None:
    server.script[PATH] = [fakes.cut(500_000), fakes.cut(100_000)]
    place.fetch(server.url(PATH))
    assert place.file.read_bytes() == CONTENT
    assert server.ranges() == [None, "bytes=500000-", "bytes=600000-"]


def test_keeps_the_part_when_the_server_goes_on_failing(server: fakes.Server, place: Place) -> None:
    server.script[PATH] = [fakes.cut(1000)] * 9
    with pytest.raises(ToolError, match=r"closed too early, 3 times; run again to go on"):
        place.fetch(server.url(PATH))
    assert place.part.read_bytes() == CONTENT[:3000]
    server.script.clear()
    place.fetch(server.url(PATH))
    assert place.file.read_bytes() == CONTENT


def test_does_not_wait_for_a_silent_server(server: fakes.Server, place: Place) -> None:
    server.script[PATH] = [fakes.stalled(300_000)]
    place.fetch(server.url(PATH), NO_SILENCE)
    assert server.ranges() == [None, "bytes=300000-"]


def test_gives_up_on_a_server_that_stays_silent(server: fakes.Server, place: Place) -> None:
    server.script[PATH] = [fakes.stalled(0)] * 9
    with pytest.raises(ToolError, match="no answer in time, 3 times"):
        place.fetch(server.url(PATH), NO_SILENCE)


def test_gives_up_on_a_server_that_drips(server: fakes.Server, place: Place) -> None:
    server.script[PATH] = [fakes.dripping] * 9
    with pytest.raises(ToolError, match=r"only \d+ bytes in 0.2 s, \d times"):
        place.fetch(server.url(PATH), NO_DRIPPING)


def test_accepts_a_body_whose_length_is_not_told(server: fakes.Server, place: Place) -> None:
    server.script[PATH] = [fakes.without_length]
    place.fetch(server.url(PATH))
    assert place.file.read_bytes() == CONTENT


@pytest.mark.parametrize(
    "codes", [[500], [502, 503], [429], [504]], ids=["500", "502 503", "429", "504"]
)
def test_asks_again_after_a_fault_that_may_pass(
    server: fakes.Server, place: Place, codes: list[int]
) -> None:
    server.script[PATH] = [fakes.status(code, Retry_After="0") for code in codes]
    place.fetch(server.url(PATH))
    assert place.file.read_bytes() == CONTENT
    assert len(server.seen) == len(codes) + 1


def test_says_what_the_server_answered(server: fakes.Server, place: Place) -> None:
    server.script[PATH] = [fakes.status(503)] * 9
    with pytest.raises(ToolError, match=f"^{WANTED.file}: {server.url(PATH)}: 503 Service"):
        place.fetch(server.url(PATH))
    with pytest.raises(ToolError, match="404 Not Found"):
        place.fetch(server.url("/none.whl"))


def test_rejects_wrong_bytes_and_keeps_nothing(server: fakes.Server, place: Place) -> None:
    server.files[PATH] = bytes(len(CONTENT))
    with pytest.raises(IntegrityError, match=f"another sha256 than the lock's {WANTED.sha256}"):
        place.fetch(server.url(PATH))
    assert list(place.file.parent.iterdir()) == []


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT + b"x", b"<html>log in</html>"])
def test_rejects_a_file_of_another_size_before_reading_it(
    server: fakes.Server, place: Place, content: bytes
) -> None:
    server.files[PATH] = content
    with pytest.raises(IntegrityError, match=f"has {len(content)} bytes, the lock says 700000"):
        place.fetch(server.url(PATH))
    assert place.sizes == [0]


def test_cuts_off_a_body_that_is_too_long(server: fakes.Server, place: Place) -> None:
    server.files[PATH] = CONTENT + bytes(1_000_000)
    server.script[PATH] = [fakes.without_length]
    with pytest.raises(IntegrityError, match="more than the 700000 bytes"):
        place.fetch(server.url(PATH))
    assert max(place.sizes) <= len(CONTENT)
    assert not place.part.exists()


def test_keeps_a_good_part_when_a_mirror_has_another_file(
    server: fakes.Server, place: Place
) -> None:
    place.part.write_bytes(CONTENT[:1000])
    server.script[PATH] = [fakes.body(b"another file")]
    with pytest.raises(IntegrityError):
        place.fetch(server.url(PATH))
    assert not place.file.exists()


def test_says_that_the_file_was_encoded_unasked(server: fakes.Server, place: Place) -> None:
    server.script[PATH] = [fakes.gzipped]
    with pytest.raises(ToolError, match="gzip encoding"):
        place.fetch(server.url(PATH))


def test_never_shows_credentials(
    server: fakes.Server, place: Place, capfd: pytest.CaptureFixture[str]
) -> None:
    server.script["/r"] = [
        fakes.status(302, Location=server.url(f"/none?sig={HIDDEN}", f"me:{HIDDEN}@"))
    ]
    for path in ("/none", f"/none?token={HIDDEN}", "/r"):
        with pytest.raises(ToolError) as caught:
            place.fetch(server.url(path, f"me:{HIDDEN}@"))
        assert HIDDEN not in str(caught.value)
    with pytest.raises(ToolError, match="refuses connections") as refused:
        place.fetch(f"http://me:{HIDDEN}@127.0.0.1:1/a?token={HIDDEN}")
    assert HIDDEN not in str(refused.value)
    assert HIDDEN not in "".join(capfd.readouterr())


@pytest.mark.parametrize("url", ["ftp://host/a", "http://", "nothing", "http://[::1/a"])
def test_says_that_an_address_is_none(place: Place, url: str) -> None:
    with pytest.raises(ToolError, match="not an address"):
        place.fetch(url)


def test_takes_credentials_from_netrc(
    server: fakes.Server, place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login me password {HIDDEN}\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    place.fetch(server.url(PATH))
    assert server.seen[0][1]["Authorization"].startswith("Basic ")


def test_goes_through_the_proxy(
    server: fakes.Server, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url(""))
    monkeypatch.setenv("no_proxy", "")
    place.fetch(f"http://index.invalid{PATH}")
    assert server.seen[0][0] == f"http://index.invalid{PATH}"


def test_names_the_proxy_when_it_does_not_answer(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://me:{HIDDEN}@127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(ToolError, match="the proxy does not answer") as caught:
        place.fetch("http://index.invalid/a")
    assert HIDDEN not in str(caught.value)


def test_says_how_much_room_there_is_when_the_disk_is_full(
    server: fakes.Server, place: Place
) -> None:
    place.part.symlink_to("/dev/full")
    with pytest.raises(ToolError, match=r"No space left on device: \d+ MiB free; make room"):
        place.fetch(server.url(PATH))


def test_explains_a_limit_on_file_sizes(server: fakes.Server, place: Place) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(ToolError, match=f"{place.part}: File too large"):
            place.fetch(server.url(PATH))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    place.fetch(server.url(PATH))
    assert os.path.getsize(place.file) == len(CONTENT)
