"""What killed runs left: what they noted, and the processes that go on without them.

An owner that is gone for certain (`harness.host.owner`) has notes in the user's state
directory, programs that bear its name in their environment, and builders that have one of its
temporary directories mounted: those go on if Nix was killed with it.
"""

import json
import os
import re
import signal
import stat
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from harness.host import scratch
from harness.host.files import Kind, is_own, notes_directory
from harness.host.owner import is_gone, own_name

MARK = "HARNESS_OWNER"
"""The variable by which a program is known to be ours."""
_PROC = Path("/proc")
_GRACE_SECONDS = 10.0
_PAUSE = 0.05
_DIRECTORY = re.compile(rf"{scratch.PREFIX}[0-9a-f]{{16}}")
_FILE = re.compile(r"\..{1,60}\.[0-9a-f]{12}\.new", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Things of one kind that an owner had begun; `file` is where that is noted."""

    kind: Kind
    names: tuple[str, ...]
    file: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphan:
    """A process whose owner is gone, and the beginning of its command line."""

    number: int
    command: str


def marked(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment that says whose the program is."""
    return {**environment, MARK: own_name()}


def owners() -> list[Path]:
    """Return the directories of notes whose owners are gone."""
    try:
        directory = notes_directory()
        listed = sorted(directory.iterdir()) if is_own(directory) else []
    except OSError:
        return []
    return [one for one in listed if is_gone(one.name)]


def notes() -> list[Note]:
    """Return what those who are gone have noted, the last first; what is not a note is left out."""
    found: list[tuple[float, Note]] = []
    for file in (file for owner in owners() for file in owner.glob("*.json")):
        # Another run may be at it, too.
        with suppress(OSError, ValueError, KeyError, TypeError):
            value = json.loads(file.read_bytes())
            names = tuple(map(str, value["names"]))
            note = Note(kind=Kind(value["kind"]), names=names, file=file)
            found.append((file.stat().st_mtime, note))
    return [note for _, note in sorted(found, key=lambda one: one[0], reverse=True)]


def age(note: Note) -> float:
    """Return the seconds since something was noted."""
    with suppress(OSError):
        return time.time() - note.file.stat().st_mtime
    return 0.0


def forget(owner: Path) -> None:
    """Remove an owner's directory, once nothing is noted there; notes that are none go with it."""
    with suppress(OSError):
        for file in owner.iterdir():
            if not file.stat().st_size:
                file.unlink()
        owner.rmdir()


def is_possible(name: str) -> bool:
    """Return whether this is what a temporary directory of ours is called."""
    return bool(_DIRECTORY.fullmatch(Path(name).name))


def is_there(name: str) -> bool:
    """Return whether a directory or file that was noted is there, and can only be ours."""
    path = Path(name)
    with suppress(OSError):
        status = path.lstat()
        pattern = _DIRECTORY if stat.S_ISDIR(status.st_mode) else _FILE
        is_named = path.is_absolute() and pattern.fullmatch(path.name) is not None
        return is_named and not path.is_symlink() and status.st_uid == os.geteuid()
    return False


def remove(name: str) -> None:
    """Remove a directory or file that was noted, if it can only be ours."""
    path = Path(name)
    if is_there(name):
        if path.is_dir():
            scratch.remove(path)
        else:
            with suppress(OSError):
                path.unlink()


def orphans(directories: Collection[str]) -> list[Orphan]:
    """Return processes that go on for an owner who is gone.

    `directories` are the names of the temporary directories that such owners have noted.
    """
    return [
        Orphan(number=number, command=_command(number))
        for number in _numbers()
        if _is_orphan(number, directories)
    ]


def end(directories: Collection[str]) -> list[Orphan]:
    """End such processes, and return them: Nix is asked first, as it then ends its builders."""
    ended: dict[int, Orphan] = {}
    for number in (signal.SIGTERM, signal.SIGKILL):
        for orphan in orphans(directories):
            if _send(orphan.number, number, directories):
                ended[orphan.number] = orphan
        until = time.monotonic() + _GRACE_SECONDS
        while orphans(directories) and time.monotonic() < until:
            time.sleep(_PAUSE)
    return [*ended.values()]


def _send(number: int, what: signal.Signals, directories: Collection[str]) -> bool:
    """Signal a process, if it still is one of those; its number may be another's by now."""
    try:
        handle = os.pidfd_open(number)
    except OSError:
        return False
    try:
        if not _is_orphan(number, directories):
            return False
        signal.pidfd_send_signal(handle, what)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def _numbers() -> Iterator[int]:
    return (int(one) for one in os.listdir(_PROC) if one.isdecimal() and int(one) != os.getpid())


def _is_orphan(number: int, directories: Collection[str]) -> bool:
    place = _PROC / str(number)
    with suppress(OSError, ValueError):
        if (place / "stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return False
        own = place.stat().st_uid == os.geteuid()
        for entry in (place / "environ").read_bytes().split(b"\0") if own else ():
            name, _, value = entry.partition(b"=")
            if name == MARK.encode() and is_gone(value.decode()):
                return True
        mounted = (place / "mountinfo").read_text(errors="replace") if directories else ""
        return any(f"/{directory}" in mounted for directory in directories)
    return False


def _command(number: int) -> str:
    with suppress(OSError):
        words = (_PROC / str(number) / "cmdline").read_bytes().split(b"\0")
        return b" ".join(words).decode(errors="replace")[:100].strip()
    return ""
