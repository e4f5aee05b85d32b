"""A repository's copy of harness's Nix library, below `nix/harness`, from which flake.nix builds.

What the command line builds and what the flake builds are the same only while the copy is that of
this harness; every file of the copy is compared.
"""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from harness.documents.toml import parse_toml
from harness.errors import HarnessError
from harness.host.files import explained, write_atomically
from harness.project.repository import read

LIBRARY = "nix/harness"
_OURS = ("entry.nix", "foreign.nix")
"""What the command line alone evaluates."""
_TOP, _BELOW = (".nix", ".toml"), (".py", ".sh")
_VERSION = "version.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What was written of the copy, and what was removed since no file of the library is so."""

    written: tuple[str, ...]
    removed: tuple[str, ...]


def library() -> dict[str, str]:
    """Return every file of the copy by its path in the repository."""
    source = files("harness") / "nix"
    found = {
        f"{LIBRARY}/{one.name}": one
        for one in source.iterdir()
        if one.name.endswith(_TOP) and one.name not in _OURS
    }
    found |= {
        f"{LIBRARY}/builders/{one.name}": one
        for one in (source / "builders").iterdir()
        if one.name.endswith(_BELOW)
    }
    return {path: found[path].read_text() for path in sorted(found)}


def renew(root: Path) -> Changed:
    """Make the copy in a repository that of this harness, whatever it was.

    Raises:
        ToolError: a file cannot be written or removed.

    """
    wanted = library()
    stale = _stale(root, wanted)
    for path in stale:
        with explained(root / path):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(root / path, wanted[path].encode())
    extra = [path for path in _there(root) if path not in wanted]
    for path in extra:
        with explained(root / path):
            (root / path).unlink()
    return Changed(written=tuple(stale), removed=tuple(extra))


def other_version(root: Path) -> str | None:
    """Return the version of harness that the copy is of, where it is not this harness's copy.

    It is "" if the copy does not say. None if the copy is as it should be, or there is none.
    """
    if not (root / LIBRARY).is_dir():
        return None
    wanted = library()
    if not _stale(root, wanted) and all(path in wanted for path in _there(root)):
        return None
    path = root / LIBRARY / _VERSION
    try:
        return str(parse_toml(read(path, path.name), path.name).get("version", ""))
    except HarnessError:
        return ""


def _stale(root: Path, wanted: dict[str, str]) -> list[str]:
    return [path for path, text in wanted.items() if _text(root / path) != text]


def _text(path: Path) -> str | None:
    try:
        return read(path, path.name).decode()
    except (HarnessError, UnicodeDecodeError):
        return None


def _there(root: Path) -> list[str]:
    """Return what would count as the library's: of its endings, at its places."""
    places = ((root / LIBRARY, _TOP), (root / LIBRARY / "builders", _BELOW))
    return sorted(
        str(path.relative_to(root))
        for directory, endings in places
        for path in directory.glob("*")
        if path.name.endswith(endings)
    )
