"""Wheels and Debian packages that hold libraries."""

import io
import lzma
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path


def wheel(path: Path, members: Mapping[str, bytes]) -> Path:
    """Write a wheel."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def deb(path: Path, members: Mapping[str, bytes]) -> Path:
    """Write what of a Debian package is read: its data."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for name, content in members.items():
            one = tarfile.TarInfo(name)
            one.size = len(content)
            tar.addfile(one, io.BytesIO(content))
    packed = lzma.compress(data.getvalue())
    header = b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (b"data.tar.xz", 0, 0, 0, b"100644", len(packed))
    path.write_bytes(b"!<arch>\n" + header + packed)
    return path
