"""Begin: an environment, the settings and a flake.nix in a user's repository.

Nothing that is there is replaced (settings and .gitignore are added to), and nothing is written
before all of it is known to be possible.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Any

from harness import __version__
from harness.documents.toml import parse_toml
from harness.errors import InputError
from harness.host.files import explained, write_atomically
from harness.project.core.bases import BASES
from harness.project.core.others.asked import HABITS, LOCKS, Asked, asked
from harness.project.core.proposal import base_for, base_with, propose, propose_around
from harness.project.library import LIBRARY, library
from harness.project.repository import project_settings, read, repository_at, repository_root

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_PLACEHOLDER = re.compile(r"@([a-z]+)@")
_ROOTS = ".harness/"
_SCHEMA = "env.schema.json"
_FROM_FLAKE, _FROM_COPY = "flake-of-harness.nix", "flake.nix"
_OF_THIS_MACHINE = re.compile(r"(path:|git\+file:|file:|tarball\+file:)?(//)?[/~]|.*\.\./")


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """Where an environment begins: the repository, and the files in it that were written.

    `base` is what was chosen; `proposed` says that pyproject.toml declares what it is for, and
    `source` is the file of another tool that it may be locked from.
    """

    root: Path
    written: tuple[str, ...]
    base: str
    proposed: bool = False
    source: str | None = None


def begin(directory: Path, name: str, *, base: str | None, system: str, flake: str | None) -> Begun:
    """Write `envs/<name>/env.toml`, and what the repository lacks of settings and flake.nix.

    The repository is the one around `directory`, or `directory` itself where there is none.
    Without `base`, it is the first whose Python the repository's project can run on.
    `flake` is the flake reference of harness; None means a copy of its Nix library, so that
    flake.nix works from a clone alone. The JSON Schema of env.toml is written beside the
    environments, where editors find it. No path of this machine is written.

    Raises:
        InputError: the environment is there already, its name or base is not possible, or `flake`
            is a path of this machine.
        ToolError: a file cannot be written.

    """
    root = repository_root(directory) or directory
    document = _project(root)
    source, found = _source(root)
    base = base or base_for(document) or _meant(found) or next(iter(BASES))
    _require_possible(name, base, flake)
    repository = repository_at(root)
    if name in repository.environments():
        raise InputError(f"the environment {name!r} is there already; `harness add {name} ...`")
    environments = repository.settings.environments
    values = {"name": name, "system": system, **_values(root, base, environments)}
    declared, checks = _proposed(root, document, found, _up(environments))
    own = {
        f"{environments}/{_SCHEMA}": _text(_SCHEMA),
        f"{environments}/{name}/env.toml": _filled("env.toml", values) + declared + checks,
    }
    texts = _settings(root, values) | _flake(root, values, flake) | _ignored(root) | own
    _write(root, texts)
    return Begun(
        root=root,
        written=tuple(texts),
        base=base,
        proposed=bool(declared),
        source=source if not declared or source in LOCKS else None,
    )


def _values(root: Path, base: str, environments: str) -> dict[str, str]:
    """Return what templates are filled with, but for what is the environment's own."""
    return {
        "base": base,
        "python": BASES[base].python,
        "environments": environments,
        "version": __version__,
        "settings": _settings_of(root),
    }


def _proposed(root: Path, document: Mapping[str, Any], found: Asked, up: str) -> tuple[str, str]:
    """Return what pyproject.toml declares with its checks, or else the checks of other code."""
    beside = {one.name for one in root.iterdir()}
    declared = propose(document, beside, up)
    if declared or not found.names:
        return declared, ""
    return "", propose_around(found.names, _code(root), beside, up)


def _meant(found: Asked) -> str | None:
    return None if found.python is None else base_with(found.python)


def _source(root: Path) -> tuple[str | None, Asked]:
    """Return the file of another tool that says most of what the repository needs."""
    for name in HABITS:
        if (root / name).is_file():
            with suppress(InputError):
                return name, asked(read(root / name, name), name)
    return None, Asked(names=frozenset())


def _code(root: Path) -> list[str]:
    """Return the modules and packages of Python that stand in a directory."""
    packages = [path.parent.name for path in root.glob("*/__init__.py")]
    return sorted([*packages, *(path.name for path in root.glob("*.py"))])


def _project(root: Path) -> Mapping[str, Any]:
    path = root / "pyproject.toml"
    return parse_toml(read(path, path.name), path.name) if path.exists() else {}


def _up(environments: str) -> str:
    """Return what leads from an environment to the repository's root."""
    return "../" * (len(PurePosixPath(environments).parts) + 1)


def _require_possible(name: str, base: str, flake: str | None) -> None:
    if not _NAME.fullmatch(name):
        raise InputError(f"{name!r}: an environment's name has letters, digits, - and _ only")
    if base not in BASES:
        raise InputError(f"no base {base!r}; there are {', '.join(BASES)}")
    if flake:
        _require_shared(flake)


def _settings_of(root: Path) -> str:
    return "pyproject.toml" if (root / "pyproject.toml").exists() else "harness.toml"


def _write(root: Path, texts: Mapping[str, str]) -> None:
    for path, text in texts.items():
        with explained(root / path):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(root / path, text.encode(errors="surrogateescape"))


def _settings(root: Path, values: Mapping[str, str]) -> dict[str, str]:
    """Return pyproject.toml with a table more, or a harness.toml where there is no pyproject."""
    text = _filled("settings.toml", values)
    if not (root / "pyproject.toml").exists():
        return {} if (root / "harness.toml").exists() else {"harness.toml": text}
    if project_settings(root) is not None:
        return {}
    project = read(root / "pyproject.toml", "pyproject.toml").decode()
    return {"pyproject.toml": f"{project.rstrip()}\n\n[tool.harness]\n{text}"}


def _flake(root: Path, values: Mapping[str, str], flake: str | None) -> dict[str, str]:
    """Return flake.nix and what it needs: harness's own flake, or a copy of its Nix library.

    The copy is as old as the harness that wrote it, so every `harness init` writes it again.
    """
    is_there = (root / "flake.nix").exists()
    copied = {} if flake or (is_there and not (root / LIBRARY).exists()) else library()
    if is_there:
        return copied
    found = _FROM_FLAKE if flake else _FROM_COPY
    return {"flake.nix": _filled(found, {**values, "flake": flake or ""}), **copied}


def _require_shared(flake: str) -> None:
    """Refuse a flake that only this machine has: flake.nix is for whoever clones the repository."""
    if _OF_THIS_MACHINE.match(flake):
        raise InputError(
            f"--flake {flake}: a path of this machine, which nobody who clones the repository has; "
            "name an address, or leave it out: a copy of harness's Nix library is written then"
        )


def _ignored(root: Path) -> dict[str, str]:
    """Return .gitignore with the directory of the garbage collector's roots in it."""
    path = root / ".gitignore"
    text = read(path, path.name).decode(errors="surrogateescape") if path.exists() else ""
    lines = text.splitlines()
    return {} if _ROOTS in lines else {path.name: "\n".join([*lines, _ROOTS, ""])}


def _filled(template: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: values[match[1]], _text(template))


def _text(template: str) -> str:
    return (files("harness") / "nix" / "template" / template).read_text()
