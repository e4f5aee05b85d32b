"""What git does not track among the files that an environment takes from its repository.

A flake sees what git tracks and nothing else; so that a build by the command line is the same one,
it leaves out the rest. Outside of git there is no rule, and all files are seen.
"""

import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pygit2

from harness.errors import InputError, ToolError
from harness.host.git import repository_around
from harness.project.core.untracked import LEFT_BEHIND, Untracked
from harness.project.repository import Environment

_MODULE = 0o160000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Index:
    """What git tracks, relative to the top of the working tree."""

    top: Path
    files: Collection[str]
    directories: Collection[str]
    modules: Collection[str]

    def untracked(self, place: Path) -> Iterator[Path]:
        """Yield what is below a directory and not tracked, a directory in place of all in it."""
        waiting = [place]
        while waiting:
            with os.scandir(waiting.pop()) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
            for entry in found:
                path = Path(entry.path)
                relative = str(path.relative_to(self.top))
                if relative in self.modules:
                    raise InputError(f"{relative}: a submodule, whose files a flake does not see")
                if relative in self.directories and entry.is_dir(follow_symlinks=False):
                    waiting.append(path)
                elif relative not in self.files and entry.name not in LEFT_BEHIND:
                    yield path


def untracked(environment: Environment, sources: Iterable[tuple[str, str]]) -> Untracked:
    """Return what git does not track below paths of env.toml, each given with its key.

    Raises:
        InputError: one of the paths itself is not tracked; names its key.
        ToolError: git's repository cannot be read.

    """
    places = {path: (key, environment.place(path, key)) for key, path in sources}
    try:
        git = repository_around(environment.repository)
        if git is None or git.workdir is None:
            return Untracked()
        index = _index(git)
        found = {path: [*_left(environment, index, *told)] for path, told in places.items()}
        every = {str(one.relative_to(index.top)): one for left in found.values() for one in left}
        new = [one for name, one in every.items() if not git.path_is_ignored(name)]
    except (pygit2.GitError, OSError) as error:
        raise ToolError(f"{environment.repository}: cannot be read: {error}") from error
    root = environment.repository.resolve()
    return Untracked(
        below={
            path: tuple(str(one.relative_to(places[path][1])) for one in left)
            for path, left in found.items()
            if left
        },
        new=tuple(sorted(str(one.relative_to(root)) for one in new)),
    )


def _index(git: pygit2.Repository) -> _Index:
    entries = [*git.index]
    files = {one.path for one in entries}
    return _Index(
        top=Path(git.workdir).resolve(),
        files=files,
        directories={".", *_above(files)},
        modules={one.path for one in entries if one.mode == _MODULE},
    )


def _above(paths: Iterable[str]) -> set[str]:
    """Return each directory that one of the paths is in, the top apart."""
    found: set[str] = set()
    for path in paths:
        above = path.rpartition("/")[0]
        while above and above not in found:
            found.add(above)
            above = above.rpartition("/")[0]
    return found


def _left(environment: Environment, index: _Index, key: str, place: Path) -> Iterator[Path]:
    if not place.is_relative_to(index.top):
        return
    relative = str(place.relative_to(index.top))
    if relative in index.directories and place.is_dir():
        yield from index.untracked(place)
    elif relative not in index.files:
        shown = os.path.relpath(place, environment.repository.resolve())
        raise InputError(
            f"{environment.shown(environment.spec_path)}: {key}: git does not track {shown}, so "
            f"that a flake would not see it; `git add {shown}`"
        )
