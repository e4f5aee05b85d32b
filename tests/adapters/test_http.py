from pathlib import Path

import pytest
import requests

from harness.adapters.http import Patience, redacted, session, shown
from tests import fakes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("at https://me:pw@host/a: no", "at https://host/a: no"),
        ("https://token@host/a", "https://host/a"),
        ("https://host/a?sig=pw' (x)", "https://host/a' (x)"),
        ("https://a@b@host/x@y", "https://host/x@y"),
        ("one@example.org", "one@example.org"),
    ],
)
def test_redacts_what_is_secret_in_addresses(text: str, expected: str) -> None:
    assert redacted(text) == expected


def test_shows_an_address_without_credentials_and_query() -> None:
    assert shown("https://me:pw@host:8443/a/b.whl?sig=pw#x") == "https://host:8443/a/b.whl"


def test_takes_certificates_from_ssl_cert_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authorities.pem"))
    with session() as made:
        assert made.verify == str(tmp_path / "authorities.pem")


def test_limits_the_time_of_a_request_that_states_none() -> None:
    patience = Patience(retries=0, silence=0.2)
    with fakes.serving() as server, session(patience) as made:
        server.script["/"] = [lambda exchange: exchange.wait()]
        with pytest.raises(requests.RequestException):
            made.get(server.url("/"))


def test_waits_no_longer_than_is_reasonable_when_told_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    with fakes.serving() as server, session() as made:
        server.files["/"] = b"ok"
        server.script["/"] = [fakes.status(429, Retry_After="86400")]
        assert made.get(server.url("/")).content == b"ok"
    assert max(slept) == 120
