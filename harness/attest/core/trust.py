"""Whose statements count: public keys by the names of the builders that hold them.

The repository's settings name keys, and its environments what is benign; a trust file from outside
takes the place of both, so that a change under test cannot approve itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from harness.documents.table import Table
from harness.errors import InputError
from harness.verify.core.benign import Benign, decode_benign

_LONGEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedKey:
    """One key in PEM, the builder's name, and the last day on which it counts, if there is one.

    A builder may have several keys; `where` is the place that an error about this one names.
    """

    builder: str
    public_key: str
    expires: date | None
    where: str

    def has_expired(self, today: date) -> bool:
        """Tell whether the key no longer counts."""
        return self.expires is not None and self.expires < today


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What a trust file says, in place of the repository: whose keys count, what is benign."""

    keys: tuple[TrustedKey, ...] = ()
    benign: tuple[Benign, ...] = ()


def decode_trusted_keys(tables: Sequence[Table]) -> tuple[TrustedKey, ...]:
    """Decode `[[trusted-keys]]`.

    Raises:
        InputError: names the key path, what was found and what was expected.

    """
    return tuple(map(_key, tables))


def decode_trust(document: Mapping[str, Any], where: str) -> Trust:
    """Decode a parsed trust file.

    Raises:
        InputError: names the key path, what was found and what was expected.

    """
    table = Table(document, where)
    trust = Trust(
        keys=decode_trusted_keys(table.tables("trusted-keys") if "trusted-keys" in table else []),
        benign=decode_benign(table.tables("benign") if "benign" in table else []),
    )
    table.finish()
    return trust


def _key(table: Table) -> TrustedKey:
    builder = table.text("builder")
    if not builder.strip() or not builder.isprintable() or len(builder) > _LONGEST:
        raise table.error("builder", f"not a name of at most {_LONGEST} printable characters")
    key = TrustedKey(
        builder=builder,
        public_key=table.text("public-key"),
        expires=table.day("expires") if "expires" in table else None,
        where=table.at("public-key"),
    )
    table.finish()
    return key


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
