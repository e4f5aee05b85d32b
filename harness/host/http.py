"""HTTP sessions that honour the machine: proxies, netrc, certificates, and files of this machine.

A session asks again after a fault that may pass, waits as long as the server asks (within reason),
and gives up on a server that is silent or slow (`harness.host.metered`). It follows redirects
by HTTP alone. Certificates are those of REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or SSL_CERT_FILE.
Credentials are never part of a message: name an address by `shown`, an error by `cause`, another
program's words by `redacted`.
"""

import errno
import io
import os
import stat
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit
from urllib.request import url2pathname

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import exceptions

from harness import __version__
from harness.errors import ToolError
from harness.host.metered import PATIENCE, POOLS, Meter, Patience, chain, limit_of, metered
from harness.render.address import SCHEMES, redacted, shown

__all__ = ["PATIENCE", "Patience", "Session", "cause", "redacted", "session", "shown"]

_PASSING = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
_REDIRECTS = {
    HTTPStatus.MOVED_PERMANENTLY,
    HTTPStatus.FOUND,
    HTTPStatus.SEE_OTHER,
    HTTPStatus.TEMPORARY_REDIRECT,
    HTTPStatus.PERMANENT_REDIRECT,
}
_MOST_REDIRECTS = 10
_LONGEST_RETRY_AFTER = 120.0
_CONNECTIONS = 32
_CHUNK = 64 * 1024
_PORTS = {"http": 80, "https": 443}

_CAUSES: tuple[tuple[type[Exception], str], ...] = (
    (requests.exceptions.ProxyError, "the proxy does not answer; https_proxy and no_proxy name it"),
    (
        requests.exceptions.InvalidProxyURL,
        "http_proxy or https_proxy is not an address; write / ? # @ in it as %2F %3F %23 %40",
    ),
    (
        requests.exceptions.SSLError,
        "the certificate is not trusted; SSL_CERT_FILE can name a file of authorities",
    ),
    (exceptions.NameResolutionError, "the host's name is not known to this machine"),
    (exceptions.NewConnectionError, "the host refuses connections or cannot be reached"),
    (exceptions.ConnectTimeoutError, "no connection in time"),
    (exceptions.ReadTimeoutError, "no answer in time"),
    (requests.exceptions.TooManyRedirects, "redirects without end"),
    (
        requests.exceptions.InvalidSchema,
        f"not an address that can be asked: {', '.join(SCHEMES)}, and no file by a redirect",
    ),
    (requests.exceptions.ConnectionError, "the connection was closed without an answer"),
    (exceptions.ProtocolError, "the connection was closed too early"),
)


class Session(requests.Session):
    """A session for `http:`, `https:` and `file:` addresses; threads may share it.

    Nothing of a body is read unasked, also not that of a redirect. User, password and netrc go to
    the host of the first address alone, and to no other that it redirects to.
    """

    def __init__(self, patience: Patience = PATIENCE) -> None:
        super().__init__()
        self.patience = patience
        self.headers["User-Agent"] = f"harness/{__version__}"
        self.headers["Accept-Encoding"] = "identity"
        self.verify = os.environ.get("SSL_CERT_FILE") or True
        self.mount("http://", _Metered(pool_maxsize=_CONNECTIONS))
        self.mount("https://", _Metered(pool_maxsize=_CONNECTIONS))
        self.mount("file://", _FileAdapter())

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        """Leave redirects to `get`."""
        return None

    def get(self, url: str | bytes, **settings: Any) -> requests.Response:
        """Ask for an address and return the answer with its body unread; close it.

        Raises:
            requests.RequestException: there is no answer; `cause` says why.

        """
        asking = _Asking(session=self, first=str(url), headers=settings.get("headers") or {})
        try:
            return asking.answer()
        except requests.RequestException:
            raise
        except (exceptions.HTTPError, ValueError) as error:
            raise requests.exceptions.InvalidURL(type(error).__name__) from None
        except OSError as error:  # the file of authorities
            raise requests.exceptions.SSLError(type(error).__name__) from None

    def read(self, address: str, *, limit: int) -> bytes:
        """Return a small file; a body beyond `limit` bytes is cut off.

        Raises:
            ToolError: there is none, or it did not come in time.

        """
        try:
            with self.get(address) as response:
                if response.status_code != HTTPStatus.OK:
                    raise ToolError(f"{shown(address)} answered {response.status_code}")
                if response.headers.get("Content-Encoding", "identity") != "identity":
                    raise ToolError(f"{shown(address)}: sent encoded, which was not asked for")
                return b"".join(_until(response, limit))
        except (requests.RequestException, exceptions.HTTPError, OSError) as error:
            raise ToolError(f"{shown(address)}: {cause(error)}") from None


def session(patience: Patience = PATIENCE) -> Session:
    """Return a new session."""
    return Session(patience)


def _until(response: requests.Response, limit: int) -> Iterator[bytes]:
    while limit > 0 and (block := response.raw.read1(min(limit, _CHUNK))):
        yield block
        limit -= len(block)


@dataclass(slots=True, kw_only=True)
class _Asking:
    """One request with its retries and redirects."""

    session: Session
    first: str
    headers: Mapping[str, str]
    tries: int = 0
    meter: Meter = field(init=False)

    def __post_init__(self) -> None:
        self.meter = Meter(self.session.patience)

    def answer(self) -> requests.Response:
        address = self.first
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._patiently(address)
            location = response.headers.get("Location")
            if response.status_code not in _REDIRECTS or location is None:
                return response
            response.close()
            address = self._target(address, location)
        raise requests.exceptions.TooManyRedirects

    def _target(self, address: str, location: str) -> str:
        """Return where a redirect leads: by HTTP only, and with the first host's user only there.

        What a server says in a header are bytes, which `http.client` reads as Latin-1.
        """
        target = urlsplit(urljoin(address, location.encode("latin-1", "replace").decode()))
        if target.scheme not in _PORTS:
            raise requests.exceptions.InvalidSchema
        user, at, _ = urlsplit(self.first).netloc.rpartition("@")
        kept = f"{user}{at}" if self._is_first(target) else ""
        host = target.netloc.rpartition("@")[2]
        return urlunsplit((target.scheme, kept + host, target.path, target.query, ""))

    def _is_first(self, target: SplitResult) -> bool:
        """Return whether credentials may go there: the same origin, or its host in place of it."""
        ours, theirs = _origin(urlsplit(self.first)), _origin(target)
        safer = (ours[0], ours[2]) == ("http", 80) and (theirs[0], theirs[2]) == ("https", 443)
        return ours == theirs or (ours[1] == theirs[1] and safer)

    def _patiently(self, address: str) -> requests.Response:
        """Ask until there is an answer that is final, or no try left."""
        while True:
            self.tries += 1
            try:
                response = self._once(address)
            except (requests.ConnectionError, requests.Timeout) as error:
                if self._is_final(error):
                    raise
                self._pause(None)
            else:
                if response.status_code not in _PASSING or self._is_last:
                    return response
                response.close()
                self._pause(response.headers.get("Retry-After"))

    def _once(self, address: str) -> requests.Response:
        patience = self.session.patience
        known = self._is_first(urlsplit(address))
        with metered(self.meter):
            return self.session.request(
                "GET",
                address,
                headers=dict(self.headers),
                stream=True,
                timeout=(patience.connect, patience.silence),
                allow_redirects=False,
                auth=None if known else _nobody,
            )

    @property
    def _is_last(self) -> bool:
        return self.tries > self.session.patience.retries

    def _is_final(self, error: Exception) -> bool:
        beyond_mending = isinstance(error, requests.exceptions.SSLError)
        return self._is_last or beyond_mending or limit_of(error) is not None

    def _pause(self, asked: str | None) -> None:
        seconds = self.session.patience.backoff * 2.0 ** (self.tries - 1)
        time.sleep(min(max(seconds, _seconds(asked)), _LONGEST_RETRY_AFTER))


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Ask as nobody, whatever netrc says."""
    return request


def _origin(address: SplitResult) -> tuple[str, str | None, int | None]:
    return address.scheme, address.hostname, address.port or _PORTS.get(address.scheme)


def _seconds(retry_after: str | None) -> float:
    """Return what a server asks to wait (RFC 9110, 10.2.3); nothing where it cannot be read."""
    if retry_after is None:
        return 0.0
    try:
        if retry_after.strip().isdecimal():
            return float(retry_after)
        return parsedate_to_datetime(retry_after).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError):
        return 0.0


def cause(error: Exception) -> str:
    """Say in a few words why a request failed, from the kind of error and never from its text."""
    if limit := limit_of(error):
        return str(limit)
    reasons = list(chain(error))
    for kind, words in _CAUSES:
        if any(isinstance(reason, kind) for reason in reasons):
            return words
    return f"not an address that can be asked ({type(error).__name__})"


class _Metered(HTTPAdapter):
    """Connections whose answers are read by a meter; what fails is not tried again here."""

    def init_poolmanager(self, *args: Any, **settings: Any) -> None:
        super().init_poolmanager(*args, **settings)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **settings: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **settings)
        manager.pool_classes_by_scheme = POOLS
        return manager


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
        path = url2pathname(urlsplit(response.url).path)
        try:
            response.raw = os.fdopen(_regular(path), "rb")
            response.headers["Content-Length"] = str(os.fstat(response.raw.fileno()).st_size)
            response.status_code, response.reason = HTTPStatus.OK, "OK"
        except OSError as error:
            response.status_code, response.reason = HTTPStatus.NOT_FOUND, error.strerror or ""
        return response

    def close(self) -> None:
        """Hold nothing, so release nothing."""


def _regular(path: str) -> int:
    """Open a file and nothing else; what is none (a pipe, a terminal) would be waited for."""
    opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise OSError(errno.EINVAL, "not a regular file")
    return opened
