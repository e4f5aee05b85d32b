"""One's own package in an environment: where its files are, and whether they are a commit's."""

import os
from pathlib import Path

from harness.errors import InputError
from harness.project.repository import Environment
from harness.store.verbs import NIX, Store

_MOST_NAMED = 3


def own_arguments(environment: Environment, store: Store = NIX) -> dict[str, str]:
    """Return what Nix is told of one's own package, if there is one: where its files are.

    Raises:
        InputError: git has it behind a link, or has another repository there; or as
            `harness.project.worktree.stored`.
        ToolError: as that.

    """
    own = environment.spec().own
    if own is None:
        return {}
    from harness.project.worktree import stored, work_tree  # noqa: PLC0415 - slow: libgit2

    files = work_tree(environment.directory)
    apart = environment.directory.parent.resolve()
    if not apart.is_relative_to(files.top):
        where = environment.shown(environment.directory)
        raise InputError(f"{where}: a git repository of its own, which does not hold [project]")
    place = apart.relative_to(files.top)
    root = stored(files, store=store)
    _require_no_link(store.place(root), place / environment.name / own.path)
    dirty = {"dirty": "true"} if files.changed else {}
    return {"root": root, "place": "" if place == Path() else str(place), **dirty}


def _require_no_link(root: Path, place: Path) -> None:
    """Refuse a directory behind a link among what git tracks: Nix would follow it anywhere."""
    below = os.path.normpath(place)
    if os.path.realpath(root / below) != os.path.normpath(Path(os.path.realpath(root)) / below):
        raise InputError(f"{below}: git has a link there, or above it; name the directory itself")


def require_committed(environment: Environment, *, dirty: bool) -> None:
    """Refuse files of one's own package that are no commit's, unless `dirty` allows them.

    Raises:
        InputError: some differ; names them.

    """
    if environment.spec().own is None or dirty:
        return
    from harness.project.worktree import work_tree  # noqa: PLC0415 - slow: libgit2

    if changed := work_tree(environment.directory).changed:
        more = f" and {len(changed) - _MOST_NAMED} more" if len(changed) > _MOST_NAMED else ""
        raise InputError(
            f"{', '.join(changed[:_MOST_NAMED])}{more}: changed since the last commit, and nobody "
            "could make this again; commit, or say --dirty (an image is labelled so)"
        )


def left_out(environment: Environment) -> tuple[str, ...]:
    """Return what git does not track of one's own package, which no build sees."""
    if environment.spec().own is None:
        return ()
    from harness.project.worktree import work_tree  # noqa: PLC0415 - slow: libgit2

    files = work_tree(environment.directory)
    project = project_directory(environment)
    apart = environment.directory.parent.resolve()
    return tuple(
        path
        for path in files.untracked
        if project in (place := files.top / path).parents and apart not in (place, *place.parents)
    )


def project_directory(environment: Environment) -> Path:
    """Return the directory of one's own package.

    Raises:
        InputError: there is none in this environment.

    """
    own = environment.spec().own
    if own is None:
        raise InputError(f"{environment.shown(environment.spec_path)}: no [project]")
    return environment.located(own.path)
