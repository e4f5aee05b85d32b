import asyncio
import socket
import ssl

import pytest

from harness.record.upstream import Service, Upstream, connect, said


@pytest.mark.parametrize(
    ("host", "port", "tls", "name"),
    [
        ("a", 80, False, "a"),
        ("a", 443, False, "a:443"),
        ("a", 443, True, "a"),
        ("::1", 8000, True, "[::1]:8000"),
    ],
)
def test_the_host_header_names_the_port_where_it_is_not_the_schemes_own(
    host: str, port: int, tls: bool, name: str
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if tls else None
    assert Upstream(host=host, port=port, tls=context).name == name


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (TimeoutError(), "no connection in 10 seconds"),
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
        (OSError("odd"), "odd"),
    ],
)
def test_why_there_was_no_connection_is_a_few_words(error: OSError, text: str) -> None:
    assert said(error) == text


def _with_service(says: bytes, *, idle: bool) -> tuple[bytes, bool, int]:
    """Return what was read of a service that speaks and closes, whether it was clean, hang-ups."""
    hung: list[int] = []

    async def run() -> tuple[bytes, bool]:
        listening = socket.create_server(("127.0.0.1", 0))
        with listening:
            upstream = Upstream(host="127.0.0.1", port=listening.getsockname()[1])
            service: Service = await connect(upstream, lambda: idle, lambda: hung.append(1))
            line, _ = listening.accept()
            with line:
                clean = service.clean
                line.sendall(says)
            data = await service.read()
            rest = b"" if not data else await service.read()
            service.writer.close()
            return data + rest, clean and not rest

    data, clean = asyncio.run(asyncio.wait_for(run(), 30))
    return data, clean, len(hung)


def test_an_answer_is_read_to_its_end_and_nobody_hangs_up_meanwhile() -> None:
    assert _with_service(b"answer", idle=False) == (b"answer", True, 0)


def test_a_service_that_speaks_or_ends_unasked_ends_the_clients_connection() -> None:
    data, _, hung = _with_service(b"unasked", idle=True)
    assert data == b"unasked"
    assert hung >= 1


def test_a_service_that_is_not_there_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    upstream = Upstream(host="127.0.0.1", port=port)
    with pytest.raises(OSError, match=r"refused|Connect call failed"):
        asyncio.run(connect(upstream, lambda: False, lambda: None))
