"""Which package index this machine uses, told by its own configuration.

In this order: HARNESS_INDEX_URL (with HARNESS_EXTRA_INDEX_URL) and nothing besides; what uv's own
environment or configuration files say; pip's `index-url`; uv's default. No index is named here.
"""

import configparser
import os
import re
import stat
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from harness.errors import HarnessError, MachineError
from harness.host import foreign
from harness.host.files import cache_directory
from harness.render.address import SHORTEST_SECRET, hidden, problem
from harness.sources.core.notice import Kind, Notice

_PASSED = re.compile(
    r"(?i)HOME|PATH|TMPDIR|NETRC|LANG|XDG_.*|SSL_CERT_.*|.*_PROXY"
    r"|UV_(DEFAULT_INDEX|INDEX.*|EXTRA_INDEX_URL|FIND_LINKS|KEYRING_PROVIDER|NATIVE_TLS|SYSTEM_CERTS"
    r"|INSECURE_HOST|CACHE_DIR|NO_CACHE|CONFIG_FILE|HTTP_.*|CONCURRENT_.*|OFFLINE)"
)
_UV_INDEXES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL")
_LISTS = ("UV_INDEX", "UV_EXTRA_INDEX_URL")
_CALLED = {
    "UV_DEFAULT_INDEX": "HARNESS_INDEX_URL, UV_DEFAULT_INDEX or pip's index-url",
    "UV_INDEX": "HARNESS_EXTRA_INDEX_URL or UV_INDEX",
}
_UV_MORE = ("UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS")
_ALONE = "HARNESS_INDEX_URL stands for every index but HARNESS_EXTRA_INDEX_URL"
_ELSEWHERE = "a package that only that has is not found, or another of its name is taken; {0}"
_PIP_MORE = {
    "extra-index-url": _ELSEWHERE.format(
        "[[indexes]] of env.toml gives packages to an index; UV_INDEX names one for uv and harness"
    ),
    "find-links": _ELSEWHERE.format("UV_FIND_LINKS names files for uv and harness"),
}
"""What pip would look at besides its index, and how it is named for a resolution."""
_NAME = re.compile(r"^[A-Za-z0-9._-]+=")
_ADDRESSES = re.compile(r"(?i)UV_(DEFAULT_INDEX|INDEX.*|EXTRA_INDEX_URL|FIND_LINKS)|.*_PROXY")
_ANY_ADDRESS = re.compile(
    r"(?i).*(_PROXY|INDEX.*|MIRROR.*|FIND_LINKS|_URLS?|_HOST|SUBSTITUTERS|REGISTRY)"
)
_OURS = frozenset({"url", "default", "explicit"})
"""What harness itself says to uv of an index that env.toml names."""
_PASSWORD = re.compile(r"UV_INDEX_[A-Z0-9_]+_PASSWORD")
_PORTS = {"http": 80, "https": 443}


def uv_environment() -> dict[str, str]:
    """Return the environment that uv runs in: the index of this machine and how to reach it.

    Whatever else would change a resolution (UV_EXCLUDE_NEWER, UV_PRERELEASE, ...) stays outside,
    for a lock says by itself what it was made from.

    Raises:
        MachineError: an index's address is none, or holds a password that is not escaped; or an
            index is named besides none.

    """
    environment = {name: value for name, value in os.environ.items() if _PASSED.fullmatch(name)}
    if own := os.environ.get("HARNESS_INDEX_URL"):
        for name in (*_UV_INDEXES, "UV_FIND_LINKS", "UV_CONFIG_FILE"):
            environment.pop(name, None)
        extra = os.environ.get("HARNESS_EXTRA_INDEX_URL", "")
        environment |= {"UV_NO_CONFIG": "1", "UV_DEFAULT_INDEX": own, "UV_INDEX": extra}
    elif os.environ.get("HARNESS_EXTRA_INDEX_URL"):
        raise MachineError(
            "HARNESS_EXTRA_INDEX_URL counts beside HARNESS_INDEX_URL, which is not set: without it "
            "packages would come from another index than the one meant; set both"
        )
    elif not any(indexes_of(environment)) and (known := _pip_setting("index-url")):
        environment["UV_DEFAULT_INDEX"] = known[0]
    for variable in _UV_INDEXES:
        _require_addresses(variable, environment.get(variable, ""))
    if not _is_believed(environment):
        environment["UV_CACHE_DIR"] = str(cache_directory() / "uv")
    return environment


def secrets(environment: Mapping[str, str]) -> frozenset[str]:
    """Return what must not be seen of what uv may say, from its environment and its settings."""
    named = (value for name, value in environment.items() if _ADDRESSES.fullmatch(name))
    found = map(hidden, (*named, *indexes_of(environment)))
    return frozenset().union(*found, _passwords(environment))


def machine_secrets() -> frozenset[str]:
    """Return what must not be seen of anything that is said: credentials of this machine."""
    named = (value for name, value in os.environ.items() if _ANY_ADDRESS.fullmatch(name))
    return frozenset().union(*map(hidden, named), _passwords(os.environ))


def _passwords(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield what the environment has as the password of an index, as it is and as in an address."""
    for name, value in environment.items():
        if _PASSWORD.fullmatch(name) and len(value) >= SHORTEST_SECRET:
            yield from (value, quote(value, safe=""))


def _require_addresses(variable: str, value: str) -> None:
    """Refuse what uv would repeat in an error; a directory's path is none of that.

    Where one word is wrong, the others may be pieces of a password that holds a space.
    """
    words = value.split(None if variable in _LISTS else "\0")
    for word in (_NAME.sub("", one) for one in words):
        wrong = problem(word) if "@" in word or "://" in word else None
        if wrong:
            raise MachineError(f"{_CALLED.get(variable, variable)}: {wrong}")


def _is_believed(environment: Mapping[str, str]) -> bool:
    """Return whether uv's cache, which hashes are taken from, is this user's own, or not yet there.

    Its group may write there, as many systems give each user a group of its own.
    """
    home = Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    try:
        status = Path(environment.get("UV_CACHE_DIR") or home / "uv").stat()
    except OSError:
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & stat.S_IWOTH


def with_credentials(address: str, indexes: Iterable[str]) -> str:
    """Return a file's address with the user and password that its index is configured with.

    Only one of these indexes, of the same scheme, host and port, lends them: uv drops them from the
    addresses that it prints.
    """
    file = urlsplit(address)
    for index in (urlsplit(one) for one in indexes if not problem(one)):
        if "@" in index.netloc and "@" not in file.netloc and _origin(index) == _origin(file):
            user = index.netloc.rpartition("@")[0]
            return file._replace(netloc=f"{user}@{file.netloc}").geturl()
    return address


def _origin(address: SplitResult) -> tuple[str, str | None, int | None]:
    return address.scheme, address.hostname, address.port or _PORTS.get(address.scheme)


def indexes_of(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield the addresses of uv's indexes with their credentials, those of its environment first.

    Those are part of an address, or of the environment (UV_INDEX_NAME_USERNAME and _PASSWORD).
    """
    for name, address in _indexes(environment):
        yield _signed(name, address, environment)


def address_of(name: str) -> str | None:
    """Return the address that this machine knows an index by, with its credentials.

    Its configuration is that of uv, also where HARNESS_INDEX_URL stands for the usual index: words
    NAME=ADDRESS of HARNESS_EXTRA_INDEX_URL and UV_INDEX, then `[[index]]` of uv.toml.
    """
    extra = os.environ.get("HARNESS_EXTRA_INDEX_URL", "")
    environment = {**os.environ, "UV_INDEX": f"{extra} {os.environ.get('UV_INDEX', '')}"}
    for known, address in _indexes(environment):
        if known == name:
            return _signed(name, address, environment)
    return None


def entry_of(name: str) -> dict[str, Any]:
    """Return what uv.toml says of an index besides its address, such as when to authenticate."""
    for settings in _uv_settings(os.environ):
        indexes = settings.get("index")
        for entry in indexes if isinstance(indexes, list) else ():
            if isinstance(entry, dict) and entry.get("name") == name:
                return {key: value for key, value in entry.items() if key not in _OURS}
    return {}


def credentials(name: str) -> tuple[str, str]:
    """Return the variables that hold user and password of an index for uv."""
    stem = f"UV_INDEX_{re.sub('[^A-Z0-9]', '_', name.upper())}"
    return f"{stem}_USERNAME", f"{stem}_PASSWORD"


def _signed(name: str, address: str, environment: Mapping[str, str]) -> str:
    """Return an address with the user and password that the environment has, if it has none."""
    user, password = (environment.get(one, "") for one in credentials(name))
    if not name or not (user or password) or problem(address):
        return address
    parts = urlsplit(address)
    signed = f"{quote(user, safe='')}:{quote(password, safe='')}@{parts.netloc}"
    return address if "@" in parts.netloc else parts._replace(netloc=signed).geturl()


def _indexes(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield name and address of uv's indexes; the name is empty where there is none."""
    for variable in _UV_INDEXES:
        for word in environment.get(variable, "").split():
            name = _NAME.match(word)
            yield (name[0][:-1], word[name.end() :]) if name else ("", word)
    if "UV_NO_CONFIG" not in environment:
        for settings in _uv_settings(environment):
            yield from _addresses(settings)
            yield from _addresses(settings.get("pip"))


def _addresses(settings: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(settings, dict):
        return
    indexes = settings.get("index", [])
    for entry in indexes if isinstance(indexes, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("url"), str):
            yield str(entry.get("name", "")), entry["url"]
    if isinstance(settings.get("index-url"), str):
        yield "", settings["index-url"]


def _uv_settings(environment: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the user's and the machine's uv.toml; a broken one is uv's to complain about."""
    named = environment.get("UV_CONFIG_FILE")
    files = [Path(named)] if named else [_config_home() / "uv/uv.toml", Path("/etc/uv/uv.toml")]
    for file in files:
        try:
            yield tomllib.loads(foreign.read(file, str(file)).decode())
        except (HarnessError, ValueError):
            continue


def _config_home() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def not_asked(named: Collection[str] = ()) -> Iterator[Notice]:
    """Yield the indexes that this machine's configuration names and a resolution leaves out.

    Those that are `named` by env.toml are asked for what they serve.

    pip's count only where nothing else names an index, and only its `index-url`. Whoever names an
    index besides for uv or harness has seen to that.
    """
    environment = {name: value for name, value in os.environ.items() if value}
    alone = "HARNESS_INDEX_URL" in environment
    if alone:
        for variable in (*_UV_INDEXES, "UV_FIND_LINKS"):
            words = environment.get(variable, "").split()
            if any(one.partition("=")[0] not in named for one in words):
                yield Notice(kind=Kind.NOT_ASKED, subject=variable, detail=_ALONE)
    uv_names = [name for name in _UV_MORE if name in environment]
    own = "HARNESS_EXTRA_INDEX_URL" in environment or uv_names
    if not own and (alone or not any(indexes_of(environment))):
        for setting, detail in _PIP_MORE.items():
            if known := _pip_setting(setting):
                subject = f"pip's {setting} ({known[1]})"
                yield Notice(kind=Kind.NOT_ASKED, subject=subject, detail=detail)


def _pip_setting(key: str) -> tuple[str, str] | None:
    """Return what pip is configured with, and where: a variable or a file."""
    variable = f"PIP_{key.upper().replace('-', '_')}"
    if value := os.environ.get(variable):
        return value, variable
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
            parser.read_string(foreign.read(file, str(file)).decode())
        except (configparser.Error, HarnessError, UnicodeDecodeError):
            continue
        if value := parser.get("global", key, fallback=None):
            return value, str(file)
    return None
