"""What a container prints, read while it runs; the engine itself writes none of it down."""

import threading
from contextlib import suppress

from docker import DockerClient
from docker.models.containers import Container
from urllib3.exceptions import HTTPError

from harness.render.printable import printable_lines

LOG_BYTES = 2**18
"""How much of the end of what a container printed is kept."""
HEAD_BYTES = 4096
"""How much of its beginning is."""

_SECONDS = 5.0
_HEADER, _LENGTH = 8, slice(4, 8)


class Printed:
    """Beginning and end of what a container that is about to start prints, read by a thread.

    The SDK's own `attach` leaves its connection open, so the request is made here. What comes are
    frames: eight bytes, of which the last four are the length, then as many (Docker's engine API,
    `POST /containers/{id}/attach`).
    """

    def __init__(self, client: DockerClient, container: Container) -> None:
        api = client.api
        self._response = api.post(
            f"{api.base_url}/v{api.api_version}/containers/{container.id}/attach",
            params={"stream": 1, "stdout": 1, "stderr": 1},
            stream=True,
            timeout=None,
        )
        self._response.raise_for_status()
        self._head = bytearray()
        self._kept = bytearray()
        self._cut = False
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def tail(self, limit: int) -> str:
        """Return the last `limit` bytes as text that a terminal can be shown."""
        with self._lock:
            kept = bytes(self._kept[-limit:]) if limit > 0 else b""
        return printable_lines(kept.decode(errors="replace"))

    def ends(self, head: int, tail: int) -> str:
        """Return the first and the last bytes as text on one line; all if they are no more."""
        with self._lock:
            kept = bytes(self._kept)
            if self._cut or len(kept) > head + tail:
                kept = b"%b ... %b" % (bytes(self._head[:head]), kept[len(kept) - tail :])
        return " ".join(printable_lines(kept.decode(errors="replace")).split())

    def end(self) -> None:
        """Wait until all is read of a container that ended."""
        self._reader.join(_SECONDS)

    def _read(self) -> None:
        with self._response, suppress(HTTPError, OSError):
            raw = self._response.raw
            while header := raw.read(_HEADER):
                left = int.from_bytes(header[_LENGTH])
                while left and (chunk := raw.read(min(left, LOG_BYTES))):
                    left -= len(chunk)
                    self._keep(chunk)

    def _keep(self, chunk: bytes) -> None:
        with self._lock:
            self._head += chunk[: HEAD_BYTES - len(self._head)]
            self._kept += chunk
            self._cut |= len(self._kept) > LOG_BYTES
            del self._kept[:-LOG_BYTES]
