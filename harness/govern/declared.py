"""The keys that env.toml and the settings may have: each capability's own, listed here.

A command asks here for the repository and its environments: whatever is wrong in what a person
wrote is then told at once, before anything is done.
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from harness.documents.key import Keys, keys_of
from harness.project.core.settings import Settings, usual
from harness.project.repository import Environment, Repository, find_repository


def settings() -> tuple[type[Keys], ...]:
    """Return who owns settings of a repository."""
    from harness.attest.core.trust import Trusted

    return (Settings, Trusted)


def env_toml() -> tuple[type[Keys], ...]:
    """Return who owns keys of env.toml, in the order of the page."""
    from harness.shadow.core.spec import ShadowTable

    return (*_nearly_all(), ShadowTable)


def _nearly_all() -> tuple[type[Keys], ...]:
    """Return them without the one that few have, and that is slow."""
    from harness.build.core.image import Imaged
    from harness.build.core.spec import TreeSpec
    from harness.libraries.core.spec import LibrariesTable
    from harness.project.core.spec import EnvSpec
    from harness.verify.core.benign import Declared

    return (EnvSpec, TreeSpec, LibrariesTable, Imaged, Declared)


def repository(start: Path | None = None) -> Repository:
    """Return the repository around a directory (the current one by default).

    Raises:
        InputError: there is none; or says all that is wrong with its settings.

    """
    found = find_repository(start)
    if not usual(found.document):
        _require(settings(), found.document, found.where)
    return found


def select(names: Sequence[str], within: Repository | None = None) -> list[Environment]:
    """Return the named environments of the repository, or all of them.

    Raises:
        InputError: as `Repository.select`; or says all that is wrong with an env.toml.

    """
    chosen = (within or repository()).select(names)
    for one in chosen:
        kinds = env_toml() if _may_have_shadow(one.document) else _nearly_all()
        _require(kinds, one.document, one.shown(one.spec_path), one.spec_bytes.decode())
    return chosen


def _may_have_shadow(document: Mapping[str, Any]) -> bool:
    known = {key for kind in _nearly_all() for key in keys_of(kind)}
    return bool(get_close_matches("shadow", [key for key in document if key not in known], n=1))


def _require(
    kinds: tuple[type[Keys], ...], document: Mapping[str, Any], where: str, text: str = ""
) -> None:
    from harness.documents.decode import require

    require(kinds, document, where, text)
