"""A repository's settings: `[tool.harness]` of pyproject.toml, or the whole of harness.toml."""

from dataclasses import dataclass
from typing import Annotated

from harness.documents.key import Checked, Flag, Key, Keys


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
    record_urls: Annotated[
        Flag,
        Key(
            "Whether locks say where each file came from, besides its name and hash.",
            example=False,
        ),
    ] = False


USUAL = {"environments": "envs", "record-urls": False}
"""What `harness init` writes: the defaults, so that nothing has to be decoded."""
