"""What a perturbed build finds in its sandbox: the shim, its configuration, room for heartbeats.

The files lie in a directory of their own, bound at `/dev/harness`; the loader's list of preloaded
libraries names the shim there. Builds write the heartbeats, so only their names are looked at.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from harness.adapters import nix
from harness.adapters.files import explained
from harness.core.factor import Reached, Setting
from harness.errors import ToolError

_INSIDE = "/dev/harness"
_PRELOADS = ("/etc/ld.so.preload", "/etc/ld-nix.so.preload")
"""Where Debian's loader looks, and the one of nixpkgs."""
_BUILDER = "1.0"
_MOST = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Perturbation:
    """A prepared directory: `under` is for Nix, `seen` is where heartbeats come."""

    under: nix.Under
    seen: Path

    def reached(self) -> Reached:
        """Tell which programs reported: each has a file PID.N, and the builder's is 1.0."""
        with suppress(OSError), os.scandir(self.seen) as entries:
            names = {entry.name for entry in islice(entries, _MOST)}
            if _BUILDER in names:
                return Reached.BUILDER
            return Reached.CHILDREN if names else Reached.NOTHING
        return Reached.NOTHING


@contextmanager
def perturbed(
    setting: Setting, *, shim: Path | None, cpu: int | None = None
) -> Iterator[Perturbation]:
    """Lay out a directory for one rebuild and remove it afterwards.

    Without a `shim` only what Nix itself can change is changed.

    Raises:
        ToolError: the directory cannot be made, or Nix could not bind it.

    """
    chosen = {"sandbox-build-dir": setting.build_directory}
    if setting.cores is not None:
        chosen["cores"] = str(setting.cores)
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
