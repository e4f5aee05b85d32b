"""Which package index this machine uses, told by its own configuration.

In this order: HARNESS_INDEX_URL (and HARNESS_EXTRA_INDEX_URL); what uv's own environment or
configuration files say; pip's `index-url`; else uv's default. No index is named here.
"""

import configparser
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

_PASSED = re.compile(
    r"(?i)HOME|PATH|TMPDIR|NETRC|LANG|XDG_.*|SSL_CERT_.*|.*_PROXY"
    r"|UV_(DEFAULT_INDEX|INDEX.*|EXTRA_INDEX_URL|FIND_LINKS|KEYRING_PROVIDER|NATIVE_TLS|SYSTEM_CERTS"
    r"|INSECURE_HOST|CACHE_DIR|CONFIG_FILE|HTTP_.*|CONCURRENT_.*|OFFLINE)"
)
_UV_INDEXES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL")


def uv_environment() -> dict[str, str]:
    """Return the environment that uv runs in: the index of this machine and how to reach it.

    Whatever else would change a resolution (UV_EXCLUDE_NEWER, UV_PRERELEASE, ...) stays outside,
    for a lock says by itself what it was made from.
    """
    environment = {name: value for name, value in os.environ.items() if _PASSED.fullmatch(name)}
    if own := os.environ.get("HARNESS_INDEX_URL"):
        for name in _UV_INDEXES:
            environment.pop(name, None)
        environment["UV_DEFAULT_INDEX"] = own
        environment["UV_INDEX"] = os.environ.get("HARNESS_EXTRA_INDEX_URL", "")
    elif not _uv_has_an_index(environment) and (address := _pip_index()):
        environment["UV_DEFAULT_INDEX"] = address
    return environment


def _config_home() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def _uv_has_an_index(environment: Mapping[str, str]) -> bool:
    if any(environment.get(name) for name in _UV_INDEXES):
        return True
    named = os.environ.get("UV_CONFIG_FILE")
    files = [Path(named)] if named else [_config_home() / "uv/uv.toml", Path("/etc/uv/uv.toml")]
    for file in files:
        try:
            settings = tomllib.loads(file.read_text())
        except (OSError, ValueError):
            continue
        pip = settings.get("pip", {})
        if any(key in table for key in ("index", "index-url") for table in (settings, pip)):
            return True
    return False


def _pip_index() -> str | None:
    if address := os.environ.get("PIP_INDEX_URL"):
        return address
    files = [
        Path(os.environ.get("PIP_CONFIG_FILE", "/dev/null")),
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
