"""Whose statements count: public keys by the names of the builders that hold them.

The repository's settings name keys, and its environments what is benign; a trust file from outside
takes the place of both, so that a change under test cannot approve itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from harness.documents.key import Day, Key, Keys, Parsed, at
from harness.errors import InputError
from harness.verify.core.benign import Benign

_LONGEST = 60
_PEM = (
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
    "-----END PUBLIC KEY-----\n"
)
"""An example."""


def _builder(name: str) -> str:
    if not name.strip() or not name.isprintable() or len(name) > _LONGEST:
        raise ValueError(f"not a name of at most {_LONGEST} printable characters")
    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenKey(Keys):
    """A key, the builder's name, and the last day on which it counts, if there is one."""

    builder: Annotated[str, Parsed(_builder), Key("The name of who holds the key.", "ci")]
    public_key: Annotated[str, Key("The key in PEM.", _PEM)]
    expires: Annotated[
        Day | None, Key("The last day on which it counts.", "2027-01-31", default="none")
    ] = None

    def has_expired(self, today: date) -> bool:
        """Return whether the key no longer counts."""
        return self.expires is not None and self.expires < today


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedKey(WrittenKey):
    """One key of a builder, who may have several, and the place that an error about it names."""

    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted(Keys):
    """The setting, or key of a trust file, that says whose statements count."""

    trusted_keys: Annotated[
        tuple[WrittenKey, ...],
        Key(
            "Whose statements `harness verify --against` counts, unless `--trust FILE` names "
            "others.",
            [{"builder": "ci", "public-key": _PEM, "expires": "2027-01-31"}],
        ),
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What a trust file says, in place of the repository: whose keys count, what is benign."""

    keys: tuple[TrustedKey, ...] = ()
    benign: tuple[Benign, ...] = ()


def placed(trusted: Trusted, where: str) -> tuple[TrustedKey, ...]:
    """Return the keys with their places in the document that `where` names."""
    return tuple(
        TrustedKey(
            builder=key.builder,
            public_key=key.public_key,
            expires=key.expires,
            where=at(where, ("trusted-keys", index, "public-key")),
        )
        for index, key in enumerate(trusted.trusted_keys)
    )


def chosen_threshold(keys: Sequence[TrustedKey], wanted: int | None) -> int:
    """Return how many builders must agree: those asked for, or more than half of the trusted ones.

    Raises:
        InputError: nobody is trusted, or more are asked for than are, or none at all.

    """
    if not keys:
        raise InputError("no trusted keys: name them in --trust FILE, or in the settings")
    count = len({key.builder for key in keys})
    threshold = count // 2 + 1 if wanted is None else wanted
    if not 0 < threshold <= count:
        raise InputError(f"--threshold {threshold}: expected 1 to {count}, the trusted builders")
    return threshold
