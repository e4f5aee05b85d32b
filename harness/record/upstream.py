"""The service behind a proxy: a connection to it that says when it ends or speaks unasked."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from ssl import SSLCertVerificationError, SSLContext
from typing import cast

_CHUNK = 64 * 1024
_CONNECTS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """Where the service listens; `tls` is None for plain HTTP."""

    host: str
    port: int
    tls: SSLContext | None = None

    @property
    def name(self) -> str:
        """Return what stands in `Host` (RFC 9110, 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"


class Service(asyncio.StreamReaderProtocol):
    """A connection to the service; what it says or ends unasked ends the client's, too."""

    def __init__(self, idle: Callable[[], bool], hang_up: Callable[[], None]) -> None:
        self.reader = asyncio.StreamReader(limit=_CHUNK)
        super().__init__(self.reader)
        self._idle, self._hang_up = idle, hang_up
        self._unread = 0
        self.writer: asyncio.StreamWriter

    @property
    def clean(self) -> bool:
        """Whether nothing waits to be read, and more can come."""
        return not self._unread and not self.reader.at_eof()

    async def read(self) -> bytes:
        """Return the next bytes; none at the connection's end, however that came."""
        try:
            data = await self.reader.read(_CHUNK)
        except OSError:
            return b""
        self._unread -= len(data)
        return data

    async def write(self, data: bytes) -> None:
        """Send bytes; raises OSError if the service does not take them."""
        self.writer.write(data)
        await self.writer.drain()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Have a writer."""
        super().connection_made(transport)
        loop = asyncio.get_running_loop()
        self.writer = asyncio.StreamWriter(
            cast("asyncio.WriteTransport", transport), self, self.reader, loop
        )

    def data_received(self, data: bytes) -> None:
        """Count what is not read yet."""
        self._unread += len(data)
        super().data_received(data)
        self._ended_unasked()

    def eof_received(self) -> bool | None:
        """End the client's connection, too, if nothing is on its way."""
        kept = super().eof_received()
        self._ended_unasked()
        return kept

    def connection_lost(self, exc: Exception | None) -> None:
        """End the client's connection, too, if nothing is on its way."""
        if isinstance(exc, ConnectionError):
            self._take_last_word()
        super().connection_lost(exc)
        self._ended_unasked()

    def _take_last_word(self) -> None:
        """Read what came before a write failed, which asyncio leaves: it may say why."""
        if self.writer.get_extra_info("sslcontext"):
            return  # only asyncio could decrypt it
        with suppress(OSError), self.writer.get_extra_info("socket").dup() as line:
            while data := line.recv(_CHUNK):
                self.data_received(data)

    def _ended_unasked(self) -> None:
        if self._idle():
            self._hang_up()


async def connect(
    upstream: Upstream, idle: Callable[[], bool], hang_up: Callable[[], None]
) -> Service:
    """Return a connection; what it says or ends while it is `idle` has it `hang_up`.

    Raises OSError, of which a time-out is one, if there is none to be had.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(_CONNECTS):
        _, service = await loop.create_connection(
            lambda: Service(idle, hang_up), upstream.host, upstream.port, ssl=upstream.tls
        )
    return service


def said(error: OSError) -> str:
    """Return why there was no connection, in a few words."""
    if isinstance(error, SSLCertVerificationError):
        return f"{error.verify_message.rstrip('.')}; SSL_CERT_FILE names the authorities to trust"
    if isinstance(error, TimeoutError):
        return f"no connection in {_CONNECTS:.0f} seconds"
    return error.strerror or str(error)
