"""An input: a file that a build may read, named by its sha256 and by nothing else.

Rules kept here: a file name is one path component, a digest is 64 lower-case hex digits, a size is
positive and bounded. Whoever holds an `Input` need not check it again.
"""

import re
from dataclasses import dataclass

from harness.errors import InputError

_DIGEST = re.compile(r"[0-9a-f]{64}")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~!%:-]*")
_NOT_IN_STORE_NAMES = re.compile(r"[^A-Za-z0-9+._?=-]")
_STORE_NAME_LIMIT = 211
"""Nix's own limit on the name part of a store path, in characters."""
_LARGEST = 2**40
"""Bytes; far above any wheel, and far below what would make a sum of sizes overflow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One file by name, size in bytes and sha256 (hex).

    `url` is None unless the repository's settings ask to record where the file came from.
    """

    file: str
    size: int
    sha256: str
    url: str | None = None

    def __post_init__(self) -> None:
        if not _FILE_NAME.fullmatch(self.file):
            raise InputError(f"{self.file!r} is not a plain file name")
        if len(self.store_name) > _STORE_NAME_LIMIT:
            raise InputError(f"{self.file}: longer than {_STORE_NAME_LIMIT} characters")
        if not _DIGEST.fullmatch(self.sha256):
            raise InputError(f"{self.file}: {self.sha256!r} is not a sha256 in lower-case hex")
        if not 0 < self.size <= _LARGEST:
            raise InputError(f"{self.file}: the size is not between 1 and {_LARGEST} bytes")

    @property
    def store_name(self) -> str:
        """The file name with each character that Nix forbids in store names made a dash."""
        return _NOT_IN_STORE_NAMES.sub("-", self.file)
