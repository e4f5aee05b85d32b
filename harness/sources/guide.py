"""Which index a package comes from, told to uv: a guide on loopback that it asks before all others.

For a package of a named index the guide shows the way there, once it has seen the package's page;
or it refuses, and uv looks no further. For others it has nothing, and uv goes on to the usual
indexes. So no other index is even asked for what a named one serves, and the files that uv found
are checked against the page that was seen. Credentials go to uv by its environment, never through
the guide.
"""

import re
import secrets
import shutil
import threading
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import requests
import tomli_w
from urllib3.exceptions import HTTPError

from harness.errors import (
    HarnessError,
    InputError,
    IntegrityError,
    MachineError,
    ToolError,
    together,
)
from harness.host import foreign, process
from harness.host.http import cause, session
from harness.project.core.indexes import NamedIndex, serving
from harness.render.address import problem, shown
from harness.sources.core.listed import Listed
from harness.sources.index_configuration import address_of, credentials, entry_of

_ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.1"
_LARGEST_PAGE = 64 * 1024 * 1024
_CHUNK = 256 * 1024
_PACKAGE = re.compile(r"[a-z0-9]([a-z0-9-]{0,254}[a-z0-9])?", re.ASCII)
_SCHEMES = ("http", "https")
_SETTINGS = "uv.toml"
_KEYRING_SECONDS = 60
_LOOPBACK = "127.0.0.1"


@dataclass(slots=True, kw_only=True)
class Guide:
    """What is known of named indexes while uv runs, and the environment that leads uv by them.

    `addresses` are those of the indexes by name, with credentials; `pages` fills with what was seen
    of each package, `problems` with why one could not be.
    """

    environment: Mapping[str, str]
    indexes: Sequence[NamedIndex] = ()
    addresses: Mapping[str, str] = field(default_factory=dict)
    pages: dict[str, bytes] = field(default_factory=dict)
    problems: list[HarnessError] = field(default_factory=list)

    def way(self, package: str) -> tuple[HTTPStatus, str]:
        """Return how a question for a package is answered: the way there, a refusal, or nothing."""
        index = serving(package, self.indexes)
        if index is None:
            return HTTPStatus.NOT_FOUND, ""
        address = f"{self.addresses[index.name].rstrip('/')}/{package}/"
        try:
            self.pages[package] = _page(address, package, index.name)
        except HarnessError as error:
            self.problems.append(error)
            return HTTPStatus.FORBIDDEN, ""
        return HTTPStatus.FOUND, _unsigned(address)

    def require_answers(self, *, solved: bool) -> None:
        """Require that named indexes answered, and where there is no solution, with packages.

        Raises:
            InputError: an index has no package that it should serve.
            ToolError: it cannot be reached.

        """
        if self.problems and not (solved and all(isinstance(e, InputError) for e in self.problems)):
            raise together(self.problems)

    def require_own(self, package: str, files: Iterable[Listed]) -> None:
        """Require that files of a package are those that its named index lists, if it has one.

        Raises:
            IntegrityError: they come from elsewhere.

        """
        index = serving(package, self.indexes)
        if index is None:
            return
        page = self.pages.get(package, b"")
        for file in files:
            if not _is_listed(file, page):
                raise IntegrityError(
                    f"{file.file}: the index {index.name!r} serves {package} and does not list "
                    f"this file, which uv found at {shown(file.url)}"
                )


def _is_listed(file: Listed, page: bytes) -> bool:
    """Return whether a page has all hashes that are told of a file; its name where none are."""
    names = (file.file, quote(file.file), file.file.replace("+", "&#43;"))
    told = [digest.encode() in page for digest in file.hashes.values()]
    return all(told) if told else any(name.encode() in page for name in names)


@contextmanager
def guided(
    usual: Mapping[str, str],
    indexes: Sequence[NamedIndex],
    directory: Path,
    told: Mapping[str, Any] = MappingProxyType({}),
) -> Iterator[Guide]:
    """Yield a guide while it answers; uv is to run in the directory, which holds its settings.

    `told` are more settings.

    Raises:
        MachineError: this machine does not know an index by that name, or by no usable address.

    """
    if not indexes:
        yield Guide(environment=_told(dict(usual), directory, told) if told else usual)
        return
    guide = Guide(
        environment=usual,
        indexes=indexes,
        addresses={one.name: _address(one.name, usual) for one in indexes},
    )
    with _answering(guide) as address:
        guide.environment = _environment(guide, address, directory, told)
        yield guide


def _address(name: str, environment: Mapping[str, str]) -> str:
    user, password = credentials(name)
    address = address_of(name)
    if address is None:
        raise MachineError(
            f"indexes: this machine knows no index {name!r}, and what that serves is taken from no "
            f'other. Name its address in uv\'s configuration: `[[index]]` with name = "{name}" and '
            f'url = "https://..." in ~/.config/uv/uv.toml, or UV_INDEX="{name}=https://..."; '
            f"{user} and {password}, or netrc, have its credentials"
        )
    if wrong := problem(address, _SCHEMES):
        raise MachineError(f"the address of the index {name!r}: {wrong}")
    return _unlocked(address, environment)


def _unlocked(address: str, environment: Mapping[str, str]) -> str:
    """Return an address with the password that the machine's keyring has for its user, if any.

    It is asked as uv asks it, where uv is told to (UV_KEYRING_PROVIDER=subprocess).
    """
    parts = urlsplit(address)
    keyring = shutil.which("keyring", path=environment.get("PATH"))
    asks = environment.get("UV_KEYRING_PROVIDER") == "subprocess"
    if not (asks and keyring and parts.username and not parts.password):
        return address
    user = unquote(parts.username)
    for service in (_unsigned(address), parts.hostname or ""):
        argv = [keyring, "get", service, user]
        answer = process.run(argv, timeout=_KEYRING_SECONDS)
        if password := answer.stdout.removesuffix("\n") if answer.status == 0 else "":
            signed = (
                f"{parts.username}:{quote(password, safe='')}@{parts.netloc.rpartition('@')[2]}"
            )
            return parts._replace(netloc=signed).geturl()
    return address


def _environment(
    guide: Guide, address: str, directory: Path, told: Mapping[str, Any]
) -> dict[str, str]:
    """Return what leads uv: the guide before other indexes, and what named ones ask for.

    To uv they are explicit, so it asks them for nothing of its own accord.
    """
    usual = dict(guide.environment)
    own = {f"{name}=" for name in guide.addresses}
    words = [one for one in usual.get("UV_INDEX", "").split() if not one.startswith(tuple(own))]
    usual |= {"UV_INDEX": " ".join((address, *words)), "UV_INDEX_STRATEGY": "first-index"}
    for name, signed in guide.addresses.items():
        parts = urlsplit(signed)
        known = (unquote(one) for one in (parts.username or "", parts.password or ""))
        usual |= {
            variable: value
            for variable, value in zip(credentials(name), known, strict=True)
            if value
        }
    for variable in ("no_proxy", "NO_PROXY"):
        usual[variable] = ",".join(filter(None, (_proxied(usual), _LOOPBACK)))
    return _told(usual, directory, told, guide.addresses)


def _proxied(environment: Mapping[str, str]) -> str:
    return environment.get("NO_PROXY") or environment.get("no_proxy") or ""


def _told(
    usual: dict[str, str],
    directory: Path,
    told: Mapping[str, Any],
    addresses: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, str]:
    """Write settings that name the indexes, beside the user's or in place of them."""
    named = usual.get("UV_CONFIG_FILE")
    document = {**(_read(named) if named else {}), **told}
    others = [one for one in document.get("index", []) if one.get("name") not in addresses]
    own = [
        {**entry_of(name), "name": name, "url": _unsigned(address), "explicit": True}
        for name, address in addresses.items()
    ]
    path = directory / _SETTINGS
    path.write_text(tomli_w.dumps({**document, "index": [*own, *others]}))
    alone = usual.pop("UV_NO_CONFIG", None) is not None
    return {**usual, "UV_CONFIG_FILE": str(path)} if named or alone else usual


def _read(settings: str) -> dict[str, Any]:
    try:
        return tomllib.loads(foreign.read(Path(settings), settings).decode())
    except ValueError as error:
        raise MachineError(f"{settings}: UV_CONFIG_FILE names it, and it is no TOML") from error


def _unsigned(address: str) -> str:
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _page(address: str, package: str, index: str) -> bytes:
    """Return what an index says of a package, as uv would be told it."""
    where = f"the index {index!r}: {shown(address)}"
    try:
        with session() as http, http.get(address, headers={"Accept": _ACCEPT}) as response:
            if response.status_code in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
                raise InputError(
                    f"the index {index!r} has no package {package}, which env.toml says that it "
                    "serves; it is taken from no other"
                )
            if response.status_code != HTTPStatus.OK:
                raise ToolError(f"{where}: {response.status_code} {response.reason}")
            page = b""
            while (block := response.raw.read1(_CHUNK)) and len(page) <= _LARGEST_PAGE:
                page += block
    except (requests.RequestException, HTTPError, OSError) as error:
        raise ToolError(f"{where}: {cause(error)}") from None
    return page


@contextmanager
def _answering(guide: Guide) -> Iterator[str]:
    """Answer on loopback; nobody else knows the address that is yielded."""
    path = f"/{secrets.token_urlsafe(18)}/"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer a question for a package."""
            package = self.path.removeprefix(path).removesuffix("/")
            known = self.path.startswith(path) and _PACKAGE.fullmatch(package)
            status, way = guide.way(package) if known else (HTTPStatus.NOT_FOUND, "")
            self.send_response(status)
            if way:
                self.send_header("Location", way)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer((_LOOPBACK, 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://{_LOOPBACK}:{server.server_address[1]}{path}"
        finally:
            server.shutdown()
            thread.join()
