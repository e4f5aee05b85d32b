"""Record what passes between clients and a service, by a proxy between the two."""

import asyncio
import ipaddress
import math
import resource
import signal
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from harness.errors import InputError, ToolError
from harness.record.core.redaction import decode_fields
from harness.record.proxy import Proxy, listening
from harness.record.recorder import Recorder
from harness.record.upstream import Upstream
from harness.record.writer_process import FOREVER, Ends

_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SHOWS = 0.25
_LAST_PORT = 65_535
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to record.

    `listen` is HOST:PORT or PORT, `upstream` the service's URL, `fields` are redacted at capture
    beside all credentials.
    """

    listen: str
    upstream: str
    output: Path
    fields: tuple[str, ...] = ()
    ends: Ends = FOREVER
    only_loopback: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """How many exchanges were recorded or imported, and how many things were not, by reason.

    `unanswered` is how many of the recorded have no answer, `unseen` are the declared fields that
    none of them had, `failure` is what ended it early, if anything did.
    """

    count: int
    unanswered: int
    unseen: tuple[str, ...]
    not_recorded: Counter[str]
    failure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Who looks on: told that it listens and where, how far it is, and of each failure once."""

    on_ready: Callable[[str], None]
    on_count: Callable[[str], None]
    on_failure: Callable[[str], None]


def record(options: Options, watch: Watch) -> Recorded:
    """Record until an interrupt, a signal to end, or an end of `options`.

    A recording that fails, as on a full disk, ends there; what passes goes on to pass.

    Raises:
        InputError: an address is none, or the file exists or would be tracked.
        ToolError: the address cannot be listened on, or the file cannot be made.

    """
    host, port = listen_address(options.listen, only_loopback=options.only_loopback)
    upstream = upstream_of(options.upstream)
    if port == upstream.port and _is_loopback(upstream.host):
        raise InputError(f"--listen {options.listen} is where the service listens: give another")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # two a client
    decode_fields(options.fields)
    with Recorder(options.output, options.fields, options.ends) as recorder:
        listens = listening(host, port, upstream, recorder)
        try:
            asyncio.run(_pass(recorder, listens, options, watch))
        except ToolError:  # nothing has passed
            options.output.unlink()
            raise
    return Recorded(
        count=recorder.count,
        unanswered=recorder.unanswered,
        unseen=recorder.unseen,
        not_recorded=recorder.not_recorded,
        failure=recorder.failure,
    )


async def _pass(
    recorder: Recorder,
    listens: AbstractAsyncContextManager[Proxy],
    options: Options,
    watch: Watch,
) -> None:
    """Pass exchanges on until it ends."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    async with listens as proxy:

        def interrupt() -> None:
            if ended.is_set():
                proxy.cut()
            ended.set()

        for number in _ENDS:
            # SIGINT even where a shell in the background had it ignored: scripts end it by that.
            if number is signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, interrupt)
        watch.on_ready(f"recording what passes {proxy.url}; Ctrl-C ends it")
        await _end(ended, recorder, proxy, options, watch)
        ended.set()


async def _end(
    ended: asyncio.Event, recorder: Recorder, proxy: Proxy, options: Options, watch: Watch
) -> None:
    """Wait for the end, or so many seconds; tell counts meanwhile, and of each failure once."""
    seconds, told = options.ends.seconds, set[str]()
    deadline = math.inf if seconds is None else time.monotonic() + seconds
    while not ended.is_set() and (now := time.monotonic()) < deadline:
        if recorder.ended and not recorder.failure:
            return
        watch.on_count(f"{recorder.count} recorded, {recorder.not_recorded.total()} not")
        with suppress(TimeoutError):
            async with asyncio.timeout(min(_SHOWS, deadline - now)):
                await ended.wait()
        for failure in _failures(recorder, proxy, options.upstream):
            if failure not in told:
                told.add(failure)
                watch.on_failure(failure)


def _failures(recorder: Recorder, proxy: Proxy, upstream: str) -> Iterator[str]:
    if recorder.failure:
        yield f"{recorder.failure}; requests pass and are no longer recorded"
    if proxy.unreachable:
        yield f"{upstream} cannot be reached ({proxy.unreachable}); clients are told so with 502"


def upstream_of(url: str) -> Upstream:
    """Return where a service listens.

    Raises:
        InputError: it is not an http or https URL, or has more than a host and a port.

    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        # What may hold a password is not repeated, also not in the words of the library.
        raise InputError("--upstream: no address; give http://HOST:PORT") from None
    more = "@" in parts.netloc or parts.path not in {"", "/"} or parts.query or parts.fragment
    if parts.scheme not in _PORTS or not parts.hostname or more:
        raise InputError("--upstream: give http://HOST:PORT or https://HOST:PORT and no more")
    tls = ssl.create_default_context() if parts.scheme == "https" else None
    return Upstream(host=parts.hostname, port=port or _PORTS[parts.scheme], tls=tls)


def listen_address(text: str, *, only_loopback: bool) -> tuple[str, int]:
    """Return the host and port of `HOST:PORT` or `PORT`.

    Raises:
        InputError: it is neither, or others could connect and `only_loopback` forbids that.

    """
    host, _, port = text.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not (port.isascii() and port.isdigit() and int(port) <= _LAST_PORT):
        raise InputError(f"--listen {text}: give HOST:PORT, or a PORT up to {_LAST_PORT}")
    if only_loopback and not _is_loopback(host):
        raise InputError(
            f"--listen {text}: whoever reaches this machine could use the service through it, and "
            "be recorded; listen on 127.0.0.1, or say --not-only-loopback"
        )
    return host, int(port)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
