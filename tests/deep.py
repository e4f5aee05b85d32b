"""Directories in each other, as many as no path could name."""

import os
from pathlib import Path


def made(top: Path, name: str, depth: int) -> str:
    """Make directories in each other with a file at the bottom, and return its path."""
    handle = os.open(top, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=handle)
        below = os.open(name, os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = below
    file = os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=handle)
    os.write(file, b"content")
    os.close(file)
    os.symlink("nowhere", "link", dir_fd=handle)
    os.close(handle)
    return "/".join((str(top), *[name] * depth, "file"))
