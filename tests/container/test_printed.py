"""What a container prints, from the frames that an engine sends."""

import io
from types import SimpleNamespace
from typing import Any, Self

from harness.container.printed import HEAD_BYTES, LOG_BYTES, Printed


class _Answer:
    """An engine's answer to `attach`: frames, then the connection's end."""

    def __init__(self, *chunks: bytes) -> None:
        frames = (b"\1\0\0\0" + len(chunk).to_bytes(4) + chunk for chunk in chunks)
        self.raw = io.BytesIO(b"".join(frames))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.raw.close()

    def raise_for_status(self) -> None:
        """Be an answer of success."""


def printed(*chunks: bytes) -> Printed:
    api = SimpleNamespace(base_url="", api_version="1", post=lambda *_, **__: _Answer(*chunks))
    client: Any = SimpleNamespace(api=api)
    container: Any = SimpleNamespace(id="1")
    made = Printed(client, container)
    made.end()
    return made


def test_what_is_short_is_shown_as_a_whole_on_one_line() -> None:
    assert printed(b"one\n", b"  two\n").ends(200, 1000) == "one two"
    assert printed().ends(200, 1000) == ""


def test_the_end_is_shown_where_an_exception_stands_and_the_beginning_too() -> None:
    trace = b"Traceback:\n" + b"  File x\n" * 500 + b"ModuleNotFoundError: No module named 'a'\n"
    assert printed(trace).ends(10, 41) == (
        "Traceback: ... ModuleNotFoundError: No module named 'a'"
    )


def test_a_flood_keeps_its_first_and_its_last_bytes() -> None:
    flood = printed(b"begin ", *[b"x" * 60_000] * 10, b" \x1b[2Jend")
    assert flood.ends(6, 10) == "begin ... xx \\x1b[2Jend"
    assert len(flood.tail(2 * LOG_BYTES)) == LOG_BYTES - 1 + len(r"\x1b")
    assert flood.ends(2 * HEAD_BYTES, 0).count("x") == HEAD_BYTES - len("begin ")
