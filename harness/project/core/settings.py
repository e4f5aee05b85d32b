"""A repository's settings: `[tool.harness]` of pyproject.toml, or the whole of harness.toml."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from harness.documents.key import Checked, Flag, Key, Keys, at, cut, matching
from harness.errors import InputError

REQUIRES = "requires-harness"
_VERSION = r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,2}"
_REQUIRED = re.compile(rf">=({_VERSION})(?:, *<({_VERSION}))?")
"""What the Nix library can compare, too."""
_EXPECTED = "expected >=1.2, or >=1.2,<2 for example"


def _inside(path: str) -> str:
    if path.startswith("/") or ".." in path.split("/"):
        raise ValueError("leads out of the repository")
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Keys):
    """What is said of the repository as a whole; other settings are those of who uses them."""

    environments: Annotated[
        str,
        Checked(_inside),
        Key("The directory of the environments, relative to the repository.", "envs"),
    ] = "envs"
    requires_harness: Annotated[
        str | None,
        matching(_REQUIRED, _EXPECTED),
        Key("The versions of harness that may be used here, by command line and flake.", ">=0.1.0"),
    ] = None
    record_urls: Annotated[
        Flag,
        Key(
            "Whether locks say where each file came from, besides its name and hash.",
            example=False,
        ),
    ] = False


_USUAL = {"environments": "envs", "record-urls": False}


def usual(document: Mapping[str, Any]) -> Settings | None:
    """Return the settings if they are those that `harness init` writes: nothing to decode."""
    rest = {key: value for key, value in document.items() if key != REQUIRES}
    if not rest.items() <= _USUAL.items():
        return None
    return Settings(requires_harness=document.get(REQUIRES))


def require_version(document: Mapping[str, Any], where: str, version: str) -> None:
    """Refuse to work on a repository that is for other versions of harness.

    Raises:
        InputError: it is, or does not say so in a way that can be read.

    """
    if REQUIRES not in document:
        return
    place, text = at(where, (REQUIRES,)), document[REQUIRES]
    match = _REQUIRED.fullmatch(text) if isinstance(text, str) else None
    if not match:
        raise InputError(f"{place}: {cut(str(text))}: {_EXPECTED}")
    low, high = match.groups()
    if _parts(version) < _parts(low) or (high and _parts(version) >= _parts(high)):
        raise InputError(
            f"{place}: this repository needs harness {text}, this is {version}; "
            "install one that fits, or change the line"
        )


def _parts(version: str) -> tuple[int, ...]:
    numbers = [int(part) for part in version.split(".")]
    return tuple([*numbers, 0, 0][:3])
