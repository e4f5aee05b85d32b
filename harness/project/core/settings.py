"""A repository's settings: `[tool.harness]` of pyproject.toml, or the whole of harness.toml."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.attest.core.trust import TrustedKey, decode_trusted_keys
from harness.documents.table import Table
from harness.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`environments` is a directory relative to the repository.

    `record_urls` says whether locks name where a file came from, besides its name and hash.
    `trusted_keys` are those whose statements count, unless others are named from outside.
    """

    environments: str = "envs"
    record_urls: bool = False
    trusted_keys: tuple[TrustedKey, ...] = ()


def decode_settings(document: Mapping[str, Any], where: str) -> Settings:
    """Decode a settings table.

    Raises:
        InputError: names the key path, what was found and what was expected.

    """
    table = Table(document, where)
    settings = Settings(
        environments=table.text("environments", "envs"),
        record_urls=table.flag("record-urls", default=False),
        trusted_keys=decode_trusted_keys(
            table.tables("trusted-keys") if "trusted-keys" in table else []
        ),
    )
    if settings.environments.startswith("/") or ".." in settings.environments.split("/"):
        raise InputError(
            f"{table.at('environments')}: {settings.environments!r} leads out of the repository"
        )
    table.finish()
    return settings
