"""What a perturbed build finds in its sandbox: the shim, its configuration, room for heartbeats.

The files lie in a directory of their own, bound at `/dev/harness`; the loader's list of preloaded
libraries names the shim there. Builds write the heartbeats, so they are read with bounds.
"""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from harness.adapters import nix
from harness.adapters.files import explained
from harness.core.factor import Setting
from harness.errors import ToolError

_INSIDE = "/dev/harness"
_PRELOADS = ("/etc/ld.so.preload", "/etc/ld-nix.so.preload")
"""Where Debian's loader looks, and the one of nixpkgs."""
_MOST_PROCESSES = 10_000
_LONGEST = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Perturbation:
    """A prepared directory: `under` is for Nix, `seen` is where heartbeats come."""

    under: nix.Under
    seen: Path

    def heartbeats(self) -> Mapping[str, frozenset[str]]:
        """Return the programs that the shim ran in, and the levers that each of them called."""
        found: dict[str, frozenset[str]] = {}
        with suppress(OSError), os.scandir(self.seen) as entries:
            for _, entry in zip(range(_MOST_PROCESSES), entries, strict=False):
                if lines := _heartbeat(entry.path):
                    program, *levers = lines
                    found[program] = found.get(program, frozenset()) | frozenset(levers)
        return found


def _heartbeat(path: str) -> list[str]:
    """Read a file that a build wrote, which may be anything."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                return file.read(_LONGEST).decode(errors="replace").splitlines()
    return []


@contextmanager
def perturbed(
    setting: Setting, *, shim: Path | None, cpu: int | None = None
) -> Iterator[Perturbation]:
    """Lay out a directory for one rebuild and remove it afterwards.

    Without a `shim` only what Nix itself can change is changed.

    Raises:
        ToolError: the directory cannot be made, or Nix could not bind it.

    """
    chosen = {"cores": str(setting.cores), "sandbox-build-dir": setting.build_directory}
    directory = Path(tempfile.mkdtemp(prefix="harness-"))
    try:
        if shim:
            chosen["sandbox-paths"] = _laid_out(directory, setting.shim, shim)
        under = nix.Under(options=chosen, cpu=cpu if setting.alone else None)
        yield Perturbation(under=under, seen=directory / "seen")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _laid_out(directory: Path, configuration: str, shim: Path) -> str:
    if set(str(directory)) & set(" \t=?"):
        raise ToolError(f"{directory}: Nix cannot bind such a path; set TMPDIR to a plain one")
    with explained(directory):
        directory.chmod(0o711)  # a daemon's builds run as other users
        shutil.copyfile(shim, directory / "shim.so")
        (directory / "shim.so").chmod(0o555)
        (directory / "conf").write_text(configuration, encoding="utf-8")
        (directory / "conf").chmod(0o444)
        (directory / "preload").write_text(f"{_INSIDE}/shim.so\n", encoding="utf-8")
        (directory / "preload").chmod(0o444)
        (directory / "seen").mkdir()
        (directory / "seen").chmod(0o777)
    preloads = [f"{path}={directory / 'preload'}" for path in _PRELOADS]
    return " ".join([*preloads, f"{_INSIDE}={directory}"])
