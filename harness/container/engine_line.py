"""The connection to the engine: each of its answers comes within a time and a size, or is given up.

The SDK's own limit is between two bytes. What has no end of its own (a container's output, waiting
for one) keeps that; the rest is read by a meter as answers of a server are.
"""

import re
from typing import Any

import requests
from docker import transport
from docker.errors import DockerException
from docker.transport.unixconn import UnixHTTPConnection, UnixHTTPConnectionPool
from urllib3.exceptions import HTTPError

from harness.documents.damaged import DAMAGED
from harness.host.metered import Answer, Meter, Patience, metered

SECONDS = 120
"""Between two bytes."""

FAILURES: tuple[type[Exception], ...] = (
    DockerException,
    requests.RequestException,
    HTTPError,
    *DAMAGED,
)
"""What the SDK raises where the engine fails, or answers what it should not."""

_ENDLESS = re.compile(r"/containers/[^/]+/(attach|wait)$")
_LONG = re.compile(r"/images/(load|get|.+/get)$")
_PATIENCE = Patience(silence=SECONDS, answer=SECONDS, largest=64 * 2**20)
_LONG_PATIENCE = Patience(
    silence=SECONDS, answer=1800.0, window=1800.0, least=1, begin=1800.0, slowest=64 * 1024
)


class _Connection(UnixHTTPConnection):
    response_class = Answer


class _Pool(UnixHTTPConnectionPool):
    def _new_conn(self) -> Any:
        seconds: Any = self.timeout
        return _Connection(self.base_url, self.socket_path, seconds)


class EngineLine(transport.UnixHTTPAdapter):
    """What carries the SDK's requests to a unix socket."""

    def get_connection(self, url: Any, proxies: Any = None) -> Any:  # noqa: ARG002
        """Return the connections to the engine."""
        with self.pools.lock:
            pool = self.pools.get(url)
            if pool is None:
                pool = _Pool(url, self.socket_path, self.timeout, maxsize=self.max_pool_size)
                self.pools[url] = pool
        return pool

    def send(self, request: requests.PreparedRequest, *args: Any, **named: Any) -> Any:
        """Send a request; its answer is metered unless it may go on for ever."""
        path = str(request.path_url).partition("?")[0]
        if _ENDLESS.search(path):
            return super().send(request, *args, **named)
        patience = _LONG_PATIENCE if _LONG.search(path) else _PATIENCE
        with metered(Meter(patience)):
            return super().send(request, *args, **named)
