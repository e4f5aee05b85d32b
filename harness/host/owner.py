"""Which process owns what outlives it: a name that no other process has, also after a restart.

The name is the boot, the namespace of process numbers, the number, and the process's start in
clock ticks since the boot (field 22 of /proc/PID/stat, proc(5)).
"""

import os
from pathlib import Path

_PROC = Path("/proc")


def own_name() -> str:
    """Return this process's name: `boot:namespace:number:start`."""
    number = os.getpid()
    return ":".join([_boot(), _namespace(), str(number), _start(number)])


def is_gone(name: str) -> bool:
    """Return whether the process of this name has ended for certain.

    What another namespace of processes owns, or a name of another form, is never gone: whether
    that lives cannot be seen from here.
    """
    match name.split(":"):
        case [boot, _, _, _] if boot != _boot():
            return True
        case [_, namespace, number, start] if namespace == _namespace() and number.isdecimal():
            return _start(int(number)) != start
    return False


def _boot() -> str:
    return (_PROC / "sys/kernel/random/boot_id").read_text().strip()


def _namespace() -> str:
    return str((_PROC / "self/ns/pid").stat().st_ino)


def _start(number: int) -> str:
    """Return the start of a process; "" where there is none that still runs."""
    try:
        fields = (_PROC / str(number) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]
