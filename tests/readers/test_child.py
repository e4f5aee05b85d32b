"""The process that reads, asked over its pipes."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from harness.host import process
from harness.readers.core.messages import Request, encode_request

_RUN = f"import sys; sys.path[:] = {sys.path!r}\nfrom harness.readers import child\n"


def request(directory: Path, first: bytes, second: bytes, name: str = "a.json") -> bytes:
    files = [directory / f"{name}.{number}" for number in range(2)]
    for file, content in zip(files, (first, second), strict=True):
        file.write_bytes(content)
    one, other = map(str, files)
    return encode_request(Request(first=one, second=other, name=name, most=5))


def answers(requests: Iterable[bytes], before: str = "") -> tuple[int, list[bytes]]:
    """Return how the process ended, and the messages that it sent."""
    argv = [sys.executable, "-c", f"{_RUN}{before}\nchild.main()"]
    asked = b"\n".join([*requests, b""]).decode()
    ended = process.run(argv, env=dict(os.environ), stdin=asked, timeout=60)
    return ended.status, ended.stdout.encode().splitlines()


def test_it_answers_each_request_in_turn_and_ends_where_nobody_asks(tmp_path: Path) -> None:
    asked = [
        request(tmp_path, b'{"a": 1}', b'{"a": 2}'),
        request(tmp_path, b"a\n", b"b\n", "a.txt"),
    ]
    status, said = answers(asked)
    assert status == 0
    assert [one for one in said if one.startswith(b'["format"')] == [
        b'["format", "JSON"]',
        b'["format", "text"]',
    ]
    assert [one for one in said if one.startswith(b'["end"')] == [b'["end", ""]'] * 2


def test_nobody_asking_is_no_error() -> None:
    assert answers([]) == (0, [])


def test_a_file_that_is_not_there_is_an_answer_and_not_the_end(tmp_path: Path) -> None:
    gone = Request(first=str(tmp_path / "no"), second=str(tmp_path / "no"), name="a", most=5)
    status, said = answers([encode_request(gone), request(tmp_path, b"1", b"2")])
    assert status == 0
    assert b"No such file" in said[0]
    assert said[-1] == b'["end", ""]'


def test_no_more_is_told_than_was_wanted(tmp_path: Path) -> None:
    many = [b"{%s}" % b",".join(b'"k%d": %d' % (n, n + by) for n in range(50)) for by in (0, 1)]
    _, said = answers([request(tmp_path, many[0], many[1])])
    assert len(said) == 5 + 2, "a format before, an end behind"


def test_what_a_library_prints_is_no_answer(tmp_path: Path) -> None:
    _, said = answers([request(tmp_path, b"1", b"2")], "import os; os.system('true'); print('x')")
    assert said[0] == b"x", "before it answers"
    printing = (
        "from harness.formats import registry\n"
        "explain = registry.explain\n"
        "def loud(*given):\n    print('noise', flush=True)\n    return explain(*given)\n"
        "registry.explain = loud"
    )
    _, said = answers([request(tmp_path, b"1", b"2")], printing)
    assert not [one for one in said if b"noise" in one]


@pytest.mark.parametrize(
    ("what", "reason"),
    [("bytearray(4 << 30)", b"memory"), ("raise KeyError('x')", b"KeyError")],
)
def test_a_reader_that_fails_says_why_and_the_next_file_is_read(
    tmp_path: Path, what: str, reason: bytes
) -> None:
    failing = (
        "from harness.formats import registry\n"
        "explain = registry.explain\n"
        "def fails(name, *given):\n"
        f"    if name == 'bad':\n        {what}\n"
        "    return explain(name, *given)\n"
        "registry.explain = fails"
    )
    asked = [request(tmp_path, b"1", b"2", "bad"), request(tmp_path, b"1", b"2")]
    status, said = answers(asked, failing)
    assert status == 0
    assert reason in said[0]
    assert said[1:][-1] == b'["end", ""]'


def test_it_can_write_no_file(tmp_path: Path) -> None:
    writing = (
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from harness.formats import registry\n"
        "import os\n"
        "def writes(*given):\n"
        f"    os.write(os.open({str(tmp_path / 'written')!r}, os.O_CREAT | os.O_WRONLY), b'x')\n"
        "registry.explain = writes"
    )
    _, said = answers([request(tmp_path, b"1", b"2")], writing)
    assert b"OSError" in said[0] or b"too large" in said[0]
    assert (tmp_path / "written").read_bytes() == b""


def test_empty_files_are_files(tmp_path: Path) -> None:
    _, said = answers([request(tmp_path, b"", b"a\n", "a.txt")])
    assert said[0] == b'["format", "text"]'
