"""Unix sockets of this machine."""

import socket
from pathlib import Path


def listens(path: Path) -> bool:
    """Return whether something accepts connections on a unix socket."""
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(path))
        except OSError:
            return False
    return True
