"""Which package index this machine uses, told by its own configuration.

In this order: HARNESS_INDEX_URL (with HARNESS_EXTRA_INDEX_URL) and nothing besides; what uv's own
environment or configuration files say; pip's `index-url`; uv's default. No index is named here.
"""

import configparser
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

_PASSED = re.compile(
    r"(?i)HOME|PATH|TMPDIR|NETRC|LANG|XDG_.*|SSL_CERT_.*|.*_PROXY"
    r"|UV_(DEFAULT_INDEX|INDEX.*|EXTRA_INDEX_URL|FIND_LINKS|KEYRING_PROVIDER|NATIVE_TLS|SYSTEM_CERTS"
    r"|INSECURE_HOST|CACHE_DIR|NO_CACHE|CONFIG_FILE|HTTP_.*|CONCURRENT_.*|OFFLINE)"
)
_UV_INDEXES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL")
_PORTS = {"http": 80, "https": 443}


def uv_environment() -> dict[str, str]:
    """Return the environment that uv runs in: the index of this machine and how to reach it.

    Whatever else would change a resolution (UV_EXCLUDE_NEWER, UV_PRERELEASE, ...) stays outside,
    for a lock says by itself what it was made from.
    """
    environment = {name: value for name, value in os.environ.items() if _PASSED.fullmatch(name)}
    if own := os.environ.get("HARNESS_INDEX_URL"):
        for name in (*_UV_INDEXES, "UV_FIND_LINKS", "UV_CONFIG_FILE"):
            environment.pop(name, None)
        extra = os.environ.get("HARNESS_EXTRA_INDEX_URL", "")
        environment |= {"UV_NO_CONFIG": "1", "UV_DEFAULT_INDEX": own, "UV_INDEX": extra}
    elif not any(_uv_indexes(environment)) and (address := _pip_index()):
        environment["UV_DEFAULT_INDEX"] = address
    return environment


def with_credentials(address: str, environment: Mapping[str, str]) -> str:
    """Return a file's address with the user and password that its index is configured with.

    Only an index of the same scheme, host and port lends them. `environment` is that of uv, which
    drops them from the addresses it prints.
    """
    file = urlsplit(address)
    for index in map(urlsplit, _uv_indexes(environment)):
        if "@" in index.netloc and "@" not in file.netloc and _origin(index) == _origin(file):
            user = index.netloc.rpartition("@")[0]
            return file._replace(netloc=f"{user}@{file.netloc}").geturl()
    return address


def _origin(address: SplitResult) -> tuple[str, str | None, int | None]:
    return address.scheme, address.hostname, address.port or _PORTS.get(address.scheme)


def _uv_indexes(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield the addresses of uv's indexes, those of its environment (`[NAME=]URL ...`) first."""
    for variable in _UV_INDEXES:
        for word in environment.get(variable, "").split():
            yield re.sub(r"^[A-Za-z0-9._-]+=", "", word)
    if "UV_NO_CONFIG" not in environment:
        for settings in _uv_settings(environment):
            yield from _addresses(settings)
            yield from _addresses(settings.get("pip"))


def _addresses(settings: Any) -> Iterator[str]:
    if not isinstance(settings, dict):
        return
    indexes = settings.get("index", [])
    for entry in indexes if isinstance(indexes, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("url"), str):
            yield entry["url"]
    if isinstance(settings.get("index-url"), str):
        yield settings["index-url"]


def _uv_settings(environment: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the user's and the machine's uv.toml; a broken one is uv's to complain about."""
    named = environment.get("UV_CONFIG_FILE")
    files = [Path(named)] if named else [_config_home() / "uv/uv.toml", Path("/etc/uv/uv.toml")]
    for file in files:
        try:
            yield tomllib.loads(file.read_text())
        except (OSError, ValueError):
            continue


def _config_home() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def _pip_index() -> str | None:
    if address := os.environ.get("PIP_INDEX_URL"):
        return address
    files = [
        Path(os.environ.get("PIP_CONFIG_FILE", os.devnull)),
        _config_home() / "pip/pip.conf",
        Path.home() / ".pip/pip.conf",
        Path("/etc/xdg/pip/pip.conf"),
        Path("/etc/pip.conf"),
    ]
    for file in files:
        parser = configparser.RawConfigParser()
        try:
            parser.read(file)
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue
        if address := parser.get("global", "index-url", fallback=None):
            return address
    return None
