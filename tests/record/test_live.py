import pytest

from harness.errors import InputError
from harness.record.live import listen_address, upstream_of
from harness.record.upstream import Upstream


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("8080", ("127.0.0.1", 8080)),
        (":0", ("127.0.0.1", 0)),
        ("localhost:80", ("localhost", 80)),
        ("127.0.0.2:65535", ("127.0.0.2", 65535)),
        ("[::1]:80", ("::1", 80)),
    ],
)
def test_a_loopback_address_may_be_listened_on(text: str, address: tuple[str, int]) -> None:
    assert listen_address(text, only_loopback=True) == address


@pytest.mark.parametrize("text", ["0.0.0.0:80", "[::]:80", "10.0.0.1:80", "service:80", "*:80"])
def test_another_address_needs_that_to_be_said(text: str) -> None:
    with pytest.raises(InputError, match=r"whoever reaches this machine .* --not-only-loopback"):
        listen_address(text, only_loopback=True)
    assert listen_address(text, only_loopback=False)[1] == 80


@pytest.mark.parametrize("text", ["", "localhost", "localhost:", "1:65536", "1:-1", "1:\u0661"])
def test_what_is_no_address_is_said_to_be_none(text: str) -> None:
    with pytest.raises(InputError, match="give HOST:PORT"):
        listen_address(text, only_loopback=True)


def test_a_service_is_named_by_its_url() -> None:
    assert upstream_of("http://service:81/") == Upstream(host="service", port=81)
    assert upstream_of("http://[::1]") == Upstream(host="::1", port=80)
    secure = upstream_of("https://service")
    assert (secure.host, secure.port) == ("service", 443)
    assert secure.tls


@pytest.mark.parametrize(
    "url",
    [
        "service:80",
        "ftp://service",
        "http://",
        "http://service:x",
        "http://service:99999",
        "http://[::1",
        "http://service/below",
        "http://service/?q",
        "http://service#f",
        "http://user:passphrase@service",
    ],
)
def test_what_is_more_or_less_than_a_service_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(InputError, match="--upstream") as refused:
        upstream_of(url)
    assert "passphrase" not in str(refused.value)
