"""Attributes of git (gitattributes(5)) that make of a commit's files others than it holds.

A flake and the command line read a commit in different ways, and agree where none is set.
"""

import re

_CHANGES = re.compile(
    r"export-subst|export-ignore|ident|eol=crlf|crlf(=.*)?|filter=.+|working-tree-encoding=.+"
)
"""Attributes as they are set; `-name` and `!name` take one back."""
_LFS = b"version https://git-lfs.github.com/spec/"


def changing(attributes: bytes) -> str | None:
    """Return the first attribute of a .gitattributes file that changes contents, or None."""
    for line in attributes.decode(errors="replace").splitlines():
        if not line.lstrip().startswith("#"):
            found = (word for word in line.split()[1:] if _CHANGES.fullmatch(word))
            if one := next(found, None):
                return one
    return None


def is_lfs_pointer(data: bytes) -> bool:
    """Return whether a file stands for one that Git LFS keeps elsewhere."""
    return data.startswith(_LFS)


def is_plain_name(name: str) -> bool:
    """Return whether a name in a commit's tree can be a file's and leads nowhere else."""
    return name not in {"", ".", ".."} and name.lower() != ".git" and not set(name) & {"/", "\0"}
