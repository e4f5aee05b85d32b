"""A reverse proxy in front of one service: exchanges pass as they are, and are told when whole.

A client's connection has one of its own to the service, opened for its first request and closed
with it, so either end meets what it would meet alone: kept connections, answers as they arrive,
interim answers, a closed connection where the other end closed. Requests of a connection go one
after the other. What could be read in two ways is refused and never begun at the service.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import Protocol

from harness.errors import ToolError
from harness.record.bodies import MAX_EXCHANGE, Bodies, Room
from harness.record.core.exchange import Request, Response
from harness.record.core.messages import (
    Answer,
    End,
    Event,
    Refused,
    RequestHead,
    Requests,
    ResponseHead,
)
from harness.record.core.written import (
    end_bytes,
    piece_bytes,
    refusal_bytes,
    request_bytes,
    response_bytes,
)
from harness.record.upstream import Service, Upstream, connect, said

_CHUNK = 64 * 1024
_BACKLOG = 1024
_LINGERS = 2.0
_UNREACHABLE = Refused(status=HTTPStatus.BAD_GATEWAY, why="the service cannot be reached")

TOO_LARGE = f"larger than {MAX_EXCHANGE // 2**20} MiB, or too much at once"
CUT_OFF = "cut off by the client"
ENDED = "cut off by the recording's end"
EARLY = "answered before the request was whole"


class Sink(Protocol):
    """Who is told what passes; neither method may wait."""

    def exchanged(self, at: float, request: Request, response: Response | None) -> None:
        """Take a request, `at` seconds after the first one, and its answer if there was one."""

    def left_out(self, reason: str) -> None:
        """Take note of an exchange that is not recorded."""


class Proxy:
    """A listening proxy, as `listening` gives it."""

    def __init__(self, upstream: Upstream, sink: Sink) -> None:
        self.upstream, self.sink = upstream, sink
        self.ending = False
        self.url, self.port = "", 0
        self.started: float | None = None
        self.room = Room()
        self.unreachable: str | None = None
        """Why the service could not be reached the last time that it could not, if ever."""
        self.connections: set[_Connection] = set()

    def accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a client's connection in a task of its own."""
        connection = _Connection(self, reader, writer)
        self.connections.add(connection)
        connection.task.add_done_callback(lambda _: self.connections.discard(connection))

    async def finish(self, seconds: float) -> None:
        """Let what is on its way end within so many seconds; cut off the rest."""
        self.ending = True
        for connection in list(self.connections):
            if connection.idle:
                connection.close()
        if tasks := [connection.task for connection in self.connections]:
            await asyncio.wait(tasks, timeout=seconds)
            self.cut()
            await asyncio.wait(tasks)

    def cut(self) -> None:
        """Cut off what is on its way."""
        for connection in list(self.connections):
            connection.cut()


@asynccontextmanager
async def listening(
    host: str, port: int, upstream: Upstream, sink: Sink, *, seconds: float = 10.0
) -> AsyncIterator[Proxy]:
    """Listen until the block ends, and then let exchanges end within `seconds`.

    Port 0 is any that is free; `Proxy.port` says which. Raises ToolError if it cannot be had.
    """
    proxy = Proxy(upstream, sink)
    try:
        server = await asyncio.start_server(
            proxy.accepted, host, port, limit=_CHUNK, backlog=_BACKLOG
        )
    except OSError as error:
        raise ToolError(f"cannot listen on {host}, port {port}: {error.strerror}") from error
    host, proxy.port = server.sockets[0].getsockname()[:2]
    proxy.url = f"http://[{host}]:{proxy.port}" if ":" in host else f"http://{host}:{proxy.port}"
    try:
        yield proxy
    finally:
        server.close()
        await proxy.finish(seconds)


class _Connection:
    """One client's connection, and the one to the service that goes with it."""

    def __init__(
        self, proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.proxy, self.reader, self.writer = proxy, reader, writer
        self.requests = Requests()
        self.events: deque[Event] = deque()
        self.service: Service | None = None
        self.idle = True
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        """Pass requests on, one after the other, until either end closes."""
        try:
            while await self._one():
                self.idle = True
        except OSError:
            self.left_out(CUT_OFF)
        except asyncio.CancelledError:
            self.left_out(ENDED)
        finally:
            self.close()
            with suppress(OSError):
                await self.writer.wait_closed()

    def left_out(self, reason: str) -> None:
        """Count an exchange that is not recorded; between exchanges there is none."""
        if not self.idle:
            self.proxy.sink.left_out(reason)

    def close(self) -> None:
        """Close both connections once what was written is sent."""
        self.writer.close()
        if self.service:
            self.service.writer.close()

    def cut(self) -> None:
        """End an exchange that did not end in time."""
        self.writer.transport.abort()
        self.task.cancel()

    async def _one(self) -> bool:
        """Pass one request and its answer; say whether another may follow."""
        while not self.events:
            data = await self.reader.read(_CHUNK)
            if not data:
                return False
            self.events.extend(self.requests.feed(data))
        head = self.events.popleft()
        self.idle = False
        if isinstance(head, Refused):
            self.left_out(f"refused: {head.why}")
            await self.last_word(head)
            return False
        kept = isinstance(head, RequestHead) and await _Exchange(self, head).run()
        return kept and not self.proxy.ending

    async def connected(self) -> Service:
        """Return the connection to the service; raises OSError if there is none to be had."""
        if self.service is None:
            self.service = await connect(self.proxy.upstream, lambda: self.idle, self.close)
        return self.service

    async def last_word(self, refused: Refused) -> None:
        """Say why the connection ends here."""
        self.writer.write(refusal_bytes(refused))
        await self.linger()

    async def linger(self) -> None:
        """Read on a while, so that no reset overtakes what was said (RFC 9112, section 9.6)."""
        with suppress(OSError):  # a time-out is one
            self.writer.write_eof()
            async with asyncio.timeout(_LINGERS):
                while await self.reader.read(_CHUNK):
                    pass


class _Exchange:
    """One request and its answer on their way."""

    def __init__(self, connection: _Connection, head: RequestHead) -> None:
        now, proxy = time.monotonic(), connection.proxy
        proxy.started = proxy.started or now
        self._at = now - proxy.started
        self._connection = connection
        self._head = head
        self._held = Bodies(proxy.room)
        self._answer = Answer(head.method)
        self._final: ResponseHead | None = None
        self._heard = False
        self._closes = False

    async def run(self) -> bool:
        """Pass both on and tell the sink; say whether the connections can carry another."""
        try:
            return await self._pass()
        finally:
            self._held.release()

    async def _pass(self) -> bool:
        connection = self._connection
        reused = connection.service is not None
        sent, ended = self._come()
        try:
            service = await connection.connected()
        except OSError as error:  # a time-out is one
            connection.proxy.unreachable = said(error)
            return await self._failed(_UNREACHABLE, ended)
        with suppress(OSError):  # closed early, perhaps with an answer that says why: read it
            await service.write(
                request_bytes(self._head, host=connection.proxy.upstream.name) + sent
            )
        if ended:
            failure = await self._pass_answer(service)
        else:
            failure, ended = await self._pass_both(service)
        if failure is None:
            return await self._passed(service, ended)
        if reused and not self._heard and isinstance(ended, End):
            self._tell(None)
            return False  # without a word, as the service closed: the client may ask again
        return await self._failed(failure, ended)

    async def _pass_both(self, service: Service) -> tuple[Refused | None, Event | None]:
        """Pass the rest of the body on while the answer may already come."""
        sending = asyncio.create_task(self._send(service))
        try:
            failure = await self._pass_answer(service)
            if failure is None:
                return None, await self._late(sending)
            return failure, sending.result() if sending.done() else None
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def _late(self, sending: asyncio.Task[Event | None]) -> Event | None:
        """Return the end of a body that was answered before it was read, if it comes in time."""
        if self._closes:
            self._connection.writer.write_eof()
        await asyncio.wait([sending], timeout=_LINGERS)
        with suppress(OSError):  # the client has its answer and is gone
            return (sending.result() or await self._rest()) if sending.done() else None
        return None

    def _come(self) -> tuple[bytes, Event | None]:
        """Take what has come of the body: its bytes as they go on, and its end if that is there."""
        parts, events, chunked = [], self._connection.events, self._head.chunked
        while events:
            event = events.popleft()
            if isinstance(event, bytes):
                self._held.add(self._held.asked, event)
                parts.append(piece_bytes(event, chunked=chunked))
                continue
            if isinstance(event, End):
                parts.append(end_bytes(event, chunked=chunked))
            return b"".join(parts), event
        return b"".join(parts), None

    async def _send(self, service: Service | None) -> Event | None:
        """Pass the body on as it comes; return its end, or None if the service takes no more.

        What the client spoils or breaks off is broken off at the service, too. Raises OSError if
        the client is gone.
        """
        connection, ended = self._connection, None
        while ended is None:
            data = await connection.reader.read(_CHUNK)
            connection.events.extend(connection.requests.feed(data))
            sent, ended = self._come()
            if not data or isinstance(ended, Refused):
                if service:
                    service.writer.transport.abort()
                if not data:
                    raise ConnectionResetError
            elif service:
                try:
                    await service.write(sent)
                except OSError:
                    return None
        return ended

    async def _rest(self) -> Event | None:
        """Take what still comes of a body that the service does not take; return its end."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_LINGERS):
                return await self._send(None)
        return None

    async def _pass_answer(self, service: Service) -> Refused | None:
        """Pass the answer on as it comes; return what is wrong with it, if anything is."""
        writer = self._connection.writer
        while True:
            data = await service.read()
            self._heard = self._heard or bool(data)
            events = self._answer.feed(data) if data else self._answer.end()
            writer.write(b"".join(map(self._onward, events)))
            await writer.drain()
            if events and isinstance(events[-1], Refused):
                return events[-1]
            if events and isinstance(events[-1], End):
                return None

    def _onward(self, event: Event) -> bytes:
        """Return an event of the answer as it goes to the client."""
        old = self._head.old
        chunked = self._final is not None and self._final.chunked and not old
        match event:
            case ResponseHead(interim=True):
                return b"" if old else response_bytes(event, chunked=False, closes=False)
            case ResponseHead():
                self._final = event
                ending = self._connection.proxy.ending
                self._closes = ending or not (event.keeps and self._head.keeps)
                chunked = event.chunked and not old
                return response_bytes(event, chunked=chunked, closes=self._closes)
            case bytes():
                self._held.add(self._held.answered, event)
                return piece_bytes(event, chunked=chunked)
            case End():
                return end_bytes(event, chunked=chunked)
            case _:
                return b""

    async def _passed(self, service: Service, ended: Event | None) -> bool:
        """Tell of an answer that was passed on whole."""
        if isinstance(ended, End) and self._final:
            body = b"".join(self._held.answered)
            self._tell(Response(status=self._final.status, headers=self._final.headers, body=body))
            return not self._closes and self._answer.reusable and service.clean
        self._connection.left_out(EARLY)
        await self._connection.linger()
        return False

    async def _failed(self, refused: Refused, ended: Event | None) -> bool:
        """End an exchange without a whole answer, and with a word unless one had begun."""
        connection = self._connection
        if isinstance(ended, Refused):
            refused = ended
        if self._final:
            connection.writer.transport.abort()
        else:
            connection.writer.write(refusal_bytes(refused))
            ended = ended or await self._rest()
        if isinstance(ended, End):
            self._tell(None)
        else:
            connection.left_out(f"refused: {refused.why}")
        if not self._final:
            await connection.linger()
        return False

    def _tell(self, response: Response | None) -> None:
        if not self._held.whole:
            self._connection.left_out(TOO_LARGE)
            return
        head, body = self._head, b"".join(self._held.asked)
        request = Request(method=head.method, target=head.target, headers=head.headers, body=body)
        self._connection.proxy.sink.exchanged(self._at, request, response)
