"""Readers in processes of their own: real ones, and such that die, hang, and answer nonsense."""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.errors import ToolError
from harness.formats.change import At, Change, Kind, Step
from harness.formats.wording import spelled
from harness.host import far
from harness.readers.core.messages import Explained
from harness.readers.pool import READERS, Readers

_OWN = f"""
import sys
sys.path[:] = {sys.path!r}
import os, signal, time
from harness.formats import registry
from harness.formats.change import Change, Kind, field
from harness.readers import child
def explain(first, second):
    yield Change(kind=Kind.TEXT, place=field(str(os.getpid())), first="", second="")
    what = first[:]
    if what == b"memory":
        bytearray(2 << 30)
    if what == b"file":
        os.write(os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY), b"x")
    if what == b"prints":
        print("this is not an answer", flush=True)
    if what == b"defect":
        raise KeyError("x")
    if what == b"hang":
        time.sleep(600)
    if what == b"nonsense":
        os.write(3, b"no answer\\n")
    if what == b"flood":
        os.write(3, b"x" * (1 << 18) + b"\\n")
    if what == b"chatter":
        os.write(3, b'["format", "x"]\\n' * 9)
    if what == b"exits":
        os._exit(3)
    if what.isupper():
        os.kill(os.getpid(), getattr(signal, what.decode()))
registry.FORMATS = (registry.Format(name="fake", recognises=lambda *_: True, module=""),)
registry.Format.explain = property(lambda _: explain)
child.main()
"""


@pytest.fixture
def readers(tmp_path: Path) -> Iterator[Readers]:
    """Processes whose only format does what the first file says, after a change with its number."""
    made = Readers([sys.executable, "-I", "-c", _OWN, str(tmp_path / "written")])
    yield made
    made.close()


@pytest.fixture
def ask(readers: Readers, tmp_path: Path) -> Callable[..., Explained]:
    def asked(what: str, seconds: float = 30, most: int = 5) -> Explained:
        first, second = tmp_path / "first", tmp_path / "second"
        first.write_text(what)
        second.write_text("")
        return readers.explained("x", (first, second), most, seconds)

    return asked


def _files(directory: Path, first: bytes, second: bytes) -> tuple[Path, Path]:
    files = directory / "one", directory / "other"
    for file, content in zip(files, (first, second), strict=True):
        file.write_bytes(content)
    return files


def test_files_are_explained_by_their_format(tmp_path: Path) -> None:
    files = _files(tmp_path, b'{"a": 1}', b'{"a": 2}')
    found = READERS.explained("a.json", files, 5)
    place = Step(At.ROOT), Step(At.KEY, "a")
    assert found == Explained(
        form="JSON", changes=(Change(kind=Kind.TEXT, place=place, first="1", second="2"),)
    )


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    found = READERS.explained("a.txt", _files(tmp_path, b"", b"a\n"), 5)
    assert (found.form, len(found.changes)) == ("text", 1)


def test_no_more_changes_are_told_than_are_wanted(tmp_path: Path) -> None:
    files = _files(tmp_path, bytes(2000), b"\0\0\0\0\0\0\0\0\0\xff" * 200)
    assert len(READERS.explained("a", files, 3).changes) == 3


def test_a_file_that_lies_deep_is_read(tmp_path: Path) -> None:
    place = tmp_path
    with contextlib.chdir(tmp_path):
        for _ in range(30):
            place /= "d" * 200
            os.mkdir("d" * 200)
            os.chdir("d" * 200)
        Path("one").write_bytes(b"a\n")
        Path("other").write_bytes(b"b\n")
    assert READERS.explained("a", (place / "one", place / "other"), 5).form == "text"
    far.remove(str(tmp_path / ("d" * 200)))


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        READERS.explained("a", (tmp_path / "a", tmp_path / "b"), 5)


def test_one_process_serves_many_readings(ask: Callable[..., Explained]) -> None:
    assert len({spelled(ask("").changes[0].place) for _ in range(3)}) == 1


def test_a_process_that_was_begun_early_is_the_one_that_reads(
    readers: Readers, ask: Callable[..., Explained]
) -> None:
    readers.warm()
    (waiting,) = readers._idle
    readers.warm()
    ask("")
    assert readers._idle == [waiting]


def test_threads_read_side_by_side(ask: Callable[..., Explained]) -> None:
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(ask, [""] * 9))
    assert all(one.form == "fake" and len(one.changes) == 1 for one in found)


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("memory", "out of memory"),
        ("hang", "out of time, after 1 s"),
        ("SIGXCPU", "out of time (SIGXCPU)"),
        ("SIGKILL", "out of memory (SIGKILL)"),
        ("SIGABRT", "out of memory (SIGABRT)"),
        ("SIGSEGV", "its reader ended with SIGSEGV"),
        ("exits", "its reader ended with status 3"),
        ("defect", "its reader failed: KeyError"),
        ("file", "File too large"),
        ("nonsense", "its reader answered nonsense: no JSON"),
        ("flood", "its reader answered nonsense: a line of more than 131072 bytes"),
        ("chatter", "its reader answered nonsense: more than was asked for"),
    ],
)
def test_a_reading_that_fails_says_why_and_the_next_one_goes_on(
    what: str, why: str, ask: Callable[..., Explained], tmp_path: Path
) -> None:
    first, rest = ask(what, seconds=1 if what == "hang" else 30).changes
    assert spelled(first.place).isdigit()
    assert (spelled(rest.place), rest.first) == ("rest, not read", f"could not be read: {why}")
    written = tmp_path / "written"
    assert not written.exists() or not written.read_bytes()
    assert [spelled(change.place).isdigit() for change in ask("").changes] == [True]


def test_what_a_library_prints_is_no_answer(ask: Callable[..., Explained]) -> None:
    assert len(ask("prints").changes) == 1


def test_a_hanging_process_is_ended_with_its_reading(ask: Callable[..., Explained]) -> None:
    started = time.monotonic()
    number = spelled(ask("hang", seconds=0.5).changes[0].place)
    assert time.monotonic() - started < 20
    assert not Path("/proc", number).exists()


def test_processes_end_when_they_are_closed(
    readers: Readers, ask: Callable[..., Explained]
) -> None:
    number = spelled(ask("").changes[0].place)
    assert Path("/proc", number).exists()
    readers.close()
    assert not Path("/proc", number).exists()


def test_a_process_ends_when_nobody_asks_any_more(
    readers: Readers, ask: Callable[..., Explained]
) -> None:
    ask("")
    (waiting,) = readers._idle
    readers._idle.clear()
    assert waiting.end(patience=30) == 0


def test_an_interpreter_that_cannot_be_started_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="not found"):
        Readers(["/nowhere/python"]).explained("a", _files(tmp_path, b"", b""), 1)
