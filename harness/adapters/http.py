"""HTTP sessions that honour the machine: proxies, netrc, certificates, and files of this machine.

A session asks again after a fault that may pass, waits as long as the server asks (within reason),
and gives up on a server that is silent. Certificates are those of REQUESTS_CA_BUNDLE,
CURL_CA_BUNDLE or SSL_CERT_FILE. Credentials are never part of a message: name an address by
`shown`, an error by `cause`, another program's words by `redacted`.
"""

import io
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from urllib.request import url2pathname

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import exceptions
from urllib3.response import BaseHTTPResponse
from urllib3.util.retry import Retry

from harness import __version__

_PASSING = (
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
_LONGEST_RETRY_AFTER = 120.0
_CONNECTIONS = 32
_CREDENTIALS = re.compile(r"([a-z][a-z0-9+.-]*://)[^/\s]*@", re.IGNORECASE)
_QUERY = re.compile(r"([a-z][a-z0-9+.-]*://[^\s?#]*)[?#][^\s'\"]*", re.IGNORECASE)

_CAUSES: tuple[tuple[type[Exception], str], ...] = (
    (requests.exceptions.ProxyError, "the proxy does not answer; https_proxy and no_proxy name it"),
    (
        requests.exceptions.SSLError,
        "the certificate is not trusted; SSL_CERT_FILE can name a file of authorities",
    ),
    (exceptions.NameResolutionError, "the host's name is not known to this machine"),
    (exceptions.NewConnectionError, "the host refuses connections or cannot be reached"),
    (exceptions.ConnectTimeoutError, "no connection in time"),
    (exceptions.ReadTimeoutError, "no answer in time"),
    (requests.exceptions.TooManyRedirects, "redirects without end"),
    (requests.exceptions.ConnectionError, "the connection was closed without an answer"),
    (exceptions.ProtocolError, "the connection was closed too early"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a server is waited for.

    `connect` and `silence` are the seconds allowed for a connection and between two bytes; fewer
    than `least` bytes in `window` seconds count as silence. A request is tried once and then
    `retries` times again, after a pause of `backoff` seconds that doubles.
    """

    connect: float = 15.0
    silence: float = 30.0
    window: float = 60.0
    least: int = 60 * 1024
    retries: int = 4
    backoff: float = 0.5


PATIENCE = Patience()


class Session(requests.Session):
    """A session for `http:`, `https:` and `file:` addresses; threads may share it."""

    def __init__(self, patience: Patience = PATIENCE) -> None:
        super().__init__()
        self.patience = patience
        self.headers["User-Agent"] = f"harness/{__version__}"
        self.verify = os.environ.get("SSL_CERT_FILE") or True
        retries = _Retry(
            total=patience.retries,
            status_forcelist=[int(status) for status in _PASSING],
            backoff_factor=patience.backoff,
            raise_on_status=False,
        )
        self.mount("http://", HTTPAdapter(max_retries=retries, pool_maxsize=_CONNECTIONS))
        self.mount("https://", HTTPAdapter(max_retries=retries, pool_maxsize=_CONNECTIONS))
        self.mount("file://", _FileAdapter())

    def send(self, request: requests.PreparedRequest, **settings: Any) -> requests.Response:
        """Send, with time limits also for a request that states none."""
        limits = (self.patience.connect, self.patience.silence)
        return super().send(request, **{**settings, "timeout": settings.get("timeout") or limits})


def session(patience: Patience = PATIENCE) -> Session:
    """Return a new session."""
    return Session(patience)


def redacted(text: str) -> str:
    """Return a tool's text without the names and passwords in its addresses, and their queries."""
    return _QUERY.sub(r"\1", _CREDENTIALS.sub(r"\1", text))


def shown(url: str) -> str:
    """Return an address as a message may show it: no credentials, no query (which may sign)."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that cannot be read"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def cause(error: Exception) -> str:
    """Say in a few words why a request failed, from the kind of error and never from its text."""
    inner = error.args[0] if error.args else None
    reasons = (error, inner, getattr(inner, "reason", None))
    for kind, words in _CAUSES:
        if any(isinstance(reason, kind) for reason in reasons):
            return words
    return f"not an address that can be asked ({type(error).__name__})"


class _Retry(Retry):
    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        seconds = super().get_retry_after(response)
        return None if seconds is None else min(seconds, _LONGEST_RETRY_AFTER)


class _FileAdapter(BaseAdapter):
    """Answers `file:` addresses (indexes and mirrors can be directories) as a server would."""

    def send(  # noqa: PLR0913, PLR0917 - the signature of requests
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002
        timeout: float | tuple[float | None, float | None] | None = None,  # noqa: ARG002
        verify: bool | str = True,  # noqa: ARG002
        cert: str | bytes | tuple[str | bytes, str | bytes] | None = None,  # noqa: ARG002
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> requests.Response:
        response = requests.Response()
        response.request, response.url = request, request.url or ""
        response.raw = io.BytesIO()
        path = Path(url2pathname(urlsplit(response.url).path))
        try:
            response.raw = path.open("rb")
            response.headers["Content-Length"] = str(path.stat().st_size)
            response.status_code, response.reason = HTTPStatus.OK, "OK"
        except OSError as error:
            response.status_code, response.reason = HTTPStatus.NOT_FOUND, error.strerror or ""
        return response

    def close(self) -> None:
        """Hold nothing, so release nothing."""
