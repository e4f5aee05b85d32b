"""Begin: an environment, the settings and a flake.nix in a user's repository.

Nothing that is there is replaced (settings and .gitignore are added to), and nothing is written
before all of it is known to be possible.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import harness
from harness.adapters.files import explained, write_atomically
from harness.core.spec import BASES
from harness.errors import InputError
from harness.flows.repository import (
    Repository,
    project_settings,
    read,
    read_settings,
    repository_root,
)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_PLACEHOLDER = re.compile(r"@([a-z]+)@")
_ROOTS = ".harness/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """Where an environment begins: the repository, and the files in it that were written."""

    root: Path
    written: tuple[str, ...]


def begin(directory: Path, name: str, *, base: str, system: str, flake: str | None) -> Begun:
    """Write `envs/<name>/env.toml`, and what the repository lacks of settings and flake.nix.

    The repository is the one around `directory`, or `directory` itself where there is none.
    `flake` is the flake reference of harness; None means the checkout that runs.

    Raises:
        InputError: the environment is there already, its name or base is not possible, or flake.nix
            is to be written and nothing says where harness is.
        ToolError: a file cannot be written.

    """
    if not _NAME.fullmatch(name):
        raise InputError(f"{name!r}: an environment's name has letters, digits, - and _ only")
    if base not in BASES:
        raise InputError(f"no base {base!r}; there are {', '.join(BASES)}")
    root = repository_root(directory) or directory
    repository = Repository(root=root, settings=read_settings(root))
    if name in repository.environments():
        raise InputError(f"the environment {name!r} is there already; `harness add {name} ...`")
    values = {
        "name": name,
        "base": base,
        "python": BASES[base].python,
        "system": system,
        "environments": repository.settings.environments,
    }
    texts = {
        **_settings(root, values),
        **_flake(root, values, flake),
        **_ignored(root),
        f"{repository.settings.environments}/{name}/env.toml": _filled("env.toml", values),
    }
    for path, text in texts.items():
        with explained(root / path):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(root / path, text.encode(errors="surrogateescape"))
    return Begun(root=root, written=tuple(texts))


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
    if (root / "flake.nix").exists():
        return {}
    return {"flake.nix": _filled("flake.nix", {**values, "harness": flake or _own_checkout()})}


def _own_checkout() -> str:
    checkout = Path(harness.__file__).parent.parent
    if not (checkout / "flake.nix").exists():
        raise InputError("harness does not run from a checkout: say where its flake is, --flake")
    return f"git+file://{checkout}" if (checkout / ".git").exists() else f"path:{checkout}"


def _ignored(root: Path) -> dict[str, str]:
    """Return .gitignore with the directory of the garbage collector's roots in it."""
    path = root / ".gitignore"
    text = read(path, path.name).decode(errors="surrogateescape") if path.exists() else ""
    lines = text.splitlines()
    return {} if _ROOTS in lines else {path.name: "\n".join([*lines, _ROOTS, ""])}


def _filled(template: str, values: Mapping[str, str]) -> str:
    text = (files("harness") / "nix" / "template" / template).read_text()
    return _PLACEHOLDER.sub(lambda match: values[match[1]], text)
