"""Addresses as others may see them: without user, password, secrets in the path, query, fragment.

A password with a character that should have been escaped moves the borders of an address, so what
stands before its last `@` is never shown; `...@` stands there where that may have been no password.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from harness.render.secret import hidden_path

SCHEMES = ("http", "https", "file")
"""What an index or a mirror can be asked by."""

UNREADABLE = "an address that cannot be read"

_HIDDEN = "..."
_NAME = r"[a-z][a-z0-9+.-]{0,30}://"
_SCHEME = rf"(?<![a-z0-9+.-]){_NAME}"
_BEGIN = re.compile(_NAME, re.IGNORECASE | re.ASCII)
_BEFORE_HOST = re.compile(
    rf"({_SCHEME})((?:(?!\s{_NAME})[^\n'\"<>`]){{0,2048}})@(?=[^\s@])", re.IGNORECASE | re.ASCII
)
_BARE = re.compile(r"(?<![\w/:])[^\s/:@'\"]{1,64}:(?!//)[^\s'\"@]{1,512}@(?=[\w\[])(?!sha\d+:)")
_PATH = re.compile(rf"((?!file:){_SCHEME}[^\s/'\"<>`]*)(/[^\s'\"<>`]*)", re.IGNORECASE | re.ASCII)
_QUERY = re.compile(rf"({_SCHEME}(?:(?!://)[^\s?#'\"])*)[?#][^\s'\"]*", re.IGNORECASE | re.ASCII)
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s\[\]:/?#@]+)(:[0-9]{1,5})?", re.ASCII)
_PIECES = re.compile(r"[/?#@\s]+")
SHORTEST_SECRET = 3
"""A shorter piece of a password stands in too many words to be looked for."""

ESCAPE = "write / ? # @ and spaces of a user or password as %2F %3F %23 %40 %20"


def problem(address: str, schemes: Sequence[str] = SCHEMES) -> str | None:
    """Say why it cannot be asked, with nothing of it in what is said; None if it can."""
    if re.search(r"[\x00-\x20\x7f-\xa0]", address):
        return f"an address with a space or a control character in it; {ESCAPE}"
    try:
        parts = urlsplit(address)
    except ValueError:
        return f"{UNREADABLE}; {ESCAPE}"
    if parts.scheme not in schemes:
        return f"an address begins with {', '.join(f'{name}://' for name in schemes)}"
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme != "file" and not _HOST.fullmatch(host):
        return f"no host, or a port that is not a number; {ESCAPE}"
    return None


def plain(address: str) -> str | None:
    """Return an address that can be used without credentials, query and fragment.

    None if it cannot be read, where it begins can be read in two ways, or its path has a secret.
    """
    known = _certain(address)
    return known if known and known == _shown_path(known) else None


def shown(address: str) -> str:
    """Return an address as a message may show it."""
    if known := _certain(address):
        return _shown_path(known)
    scheme, _, rest = address.rpartition("@")[0].partition("://")
    host, slash, path = address.rpartition("@")[2].partition("/")
    if not rest or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme) or not _HOST.match(host):
        return UNREADABLE
    host, *_ = re.split(r"[?#\s]", host + slash + path, maxsplit=1)
    return _shown_path(f"{scheme}://{_HIDDEN}@{host}")


def _certain(address: str) -> str | None:
    """Return an address without credentials, query and fragment, if it is sure where it begins."""
    if problem(address):
        return None
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    rest = urlunsplit((parts.scheme, host, parts.path, "", ""))
    return None if "@" in address[address.index(parts.netloc) + len(parts.netloc) :] else rest


def _shown_path(text: str) -> str:
    """Return a text without the secrets in the paths of its addresses; a file's path has none."""
    return _PATH.sub(lambda found: found[1] + hidden_path(found[2]), text)


def hidden(text: str) -> frozenset[str]:
    """Return what must not be seen of a text that may hold addresses with credentials."""
    found = set[str]()
    for line in filter(lambda one: "@" in one, text.splitlines()):
        words = [word for word in line.split() if "@" in word]
        for start in words if all("://" in word for word in words) else [line]:
            before = start.rpartition("@")[0]
            found.update(
                _secrets(_BEGIN.sub("", before, count=1) if _BEGIN.match(before) else before)
            )
    return frozenset(found)


def _secrets(credentials: str) -> Iterator[str]:
    password = credentials.partition(":")[2] or credentials
    for piece in (credentials, password, *_PIECES.split(password)):
        for spelt in (piece, unquote(piece), quote(piece, safe="")):
            if len(spelt) >= SHORTEST_SECRET:
                yield spelt


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """Return a tool's text without what is secret in addresses, and without `secrets`."""
    for secret in sorted(secrets, key=lambda one: (-len(one), one)):
        text = text.replace(secret, _HIDDEN)
    text = _BEFORE_HOST.sub(_without, text)
    return _shown_path(_QUERY.sub(r"\1", _BARE.sub("", text)))


def _without(match: re.Match[str]) -> str:
    certain = re.fullmatch(r"[^/?#\s]*", match[2])
    return match[1] + ("" if certain else f"{_HIDDEN}@")
