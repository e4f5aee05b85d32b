"""What env.toml says of libraries that are missing."""

from dataclasses import dataclass
from typing import Annotated

from harness.documents.key import Key, Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Libraries(Keys):
    """Libraries that wheels ask for and that the environment does without."""

    unused: Annotated[
        tuple[str, ...],
        Key(
            "Shared libraries whose absence is no error: those of modules that nobody imports. "
            "Does not influence the lock.",
            ["libnss3.so"],
        ),
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LibrariesTable(Keys):
    """The table `libraries` of env.toml."""

    libraries: Libraries = Libraries()
