"""What a perturbed build finds in its sandbox: the shim, its configuration, room for heartbeats.

The files lie in a directory of their own, bound at `/dev/harness`; the loader's list of preloaded
libraries names the shim there. Builds write the heartbeats, so nothing of them is opened: a program
that runs with the shim has a file PID.N, and one that does not a link PID-INODE to its name. A link
locale-INODE says "yes" or "no" of each C library, and one each that processors were counted and
that memory was shared.
"""

import os
import re
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from harness.errors import ToolError
from harness.host.files import explained
from harness.host.scratch import scratch
from harness.store.core.building import Under
from harness.verify.core.factors.conditions import Reach, Reached
from harness.verify.core.factors.levers import INSIDE, LOCALES
from harness.verify.core.factors.setting import PRELOADS, Setting

_BUILDER = "1.0"
_MOST = 100_000
_MOST_BEYOND = 1000
_LONGEST = 40
_LOCALE = "locale-"
_COUNTED, _SHARED = "processors-counted", "memory-shared"
_NAME = re.compile(r"[^\w.+-]", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Perturbation:
    """A prepared directory: `under` is for Nix, `seen` is where heartbeats come."""

    under: Under
    seen: Path

    def reach(self) -> Reach:
        """Tell in which programs the shim ran: the builder's report is 1.0."""
        names = set[str]()
        with suppress(OSError), os.scandir(self.seen) as entries:
            names = {entry.name for entry in islice(entries, _MOST)}
        links = sorted(name for name in names - {_COUNTED, _SHARED} if "-" in name)
        notes = [name for name in links if name.startswith(_LOCALE)]
        marks = [name for name in links if not name.startswith(_LOCALE)]
        return Reach(
            reached=_reached(names.difference(links, {_COUNTED, _SHARED})),
            beyond=tuple(sorted({self._marked(mark) for mark in marks[:_MOST_BEYOND]})),
            knows_locale=all(self._marked(note) == "yes" for note in notes[:_MOST_BEYOND]),
            counted=_COUNTED in names,
            shares=_SHARED in names,
        )

    def _marked(self, mark: str) -> str:
        """Return the name of a program, which a build may have made up."""
        with suppress(OSError):
            return _NAME.sub("?", os.readlink(self.seen / mark))[:_LONGEST]
        return "?"


def _reached(reports: Collection[str]) -> Reached:
    if _BUILDER in reports:
        return Reached.BUILDER
    return Reached.CHILDREN if reports else Reached.NOTHING


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
    with scratch() as directory:
        if shim:
            chosen["sandbox-paths"] = _laid_out(directory, setting.shim, shim)
        under = Under(options=chosen, cpu=cpu if setting.alone else None)
        yield Perturbation(under=under, seen=directory / "seen")


def _laid_out(directory: Path, configuration: str, shim: Path) -> str:
    if set(str(directory)) & set(" \t=?"):
        raise ToolError(f"{directory}: Nix cannot bind such a path; set TMPDIR to a plain one")
    with explained(directory):
        directory.chmod(0o711)  # a daemon's builds run as other users
        shutil.copyfile(shim, directory / "shim.so")
        (directory / "shim.so").chmod(0o555)
        (directory / "conf").write_text(configuration, encoding="utf-8")
        (directory / "conf").chmod(0o444)
        (directory / "preload").write_text(f"{INSIDE}/shim.so\n", encoding="utf-8")
        (directory / "preload").chmod(0o444)
        (directory / "locale").mkdir()
        (directory / "seen").mkdir()
        (directory / "seen").chmod(0o777)
    preloads = [f"{path}={directory / 'preload'}" for path in PRELOADS]
    locales = f"{LOCALES}={shim.parent / 'locale'}"
    return " ".join([*preloads, f"{INSIDE}={directory}", locales])
