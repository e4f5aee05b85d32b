"""What is a secret by its name or its form, wherever it stands: in addresses and in recordings."""

import math
import re
from functools import lru_cache
from itertools import pairwise
from urllib.parse import quote, unquote

_WORDS = frozenset(
    {
        "auth",
        "authenticate",
        "authentication",
        "authorization",
        "bearer",
        "credentials",
        "jwt",
        "passphrase",
        "pwd",
        "session",
        "sig",
    }
)
"""What is named so is a secret if a word of its name is one of these."""
_ENDS = (
    "accesskey",
    "apikey",
    "assertion",
    "authkey",
    "cookie",
    "credential",
    "functionskey",
    "passwd",
    "password",
    "privatekey",
    "secret",
    "secretkey",
    "sessid",
    "sessionid",
    "signature",
    "subscriptionkey",
    "token",
)
"""So it is if a word, or the words together, end so."""
_NOT_LETTERS = re.compile(r"[^a-z0-9]+")

_ISSUERS = (
    r"(?:eyJ[\w-]{8,}\.[\w-]{2,}(?:\.[\w-]*)*"  # JSON Web Token, RFC 7519
    r"|gh[opsur]_[A-Za-z0-9]{20,}|github_pat_\w{20,}"
    r"|gl[a-z]{2,6}-[\w-]{20,}"
    r"|pypi-[\w-]{40,}|npm_[A-Za-z0-9]{30,}|hf_[A-Za-z0-9]{20,}|dckr_pat_[\w-]{20,}"
    r"|A(?:KIA|SIA)[A-Z0-9]{16}|AIza[\w-]{35}"
    r"|xox[a-z]-[\w-]{10,}|sk-[\w-]{20,})"
)
"""What issuers of tokens make of them, so that they are found."""
_ISSUED = re.compile(rf"(?<![^/]){_ISSUERS}(?![^/?#;])", re.ASCII)
_DIGESTS = frozenset({32, 40, 56, 60, 64, 96, 128})
"""Hexadecimal digits of digests, which stand in the addresses of files (60: PyPI cuts off four)."""
_HEXADECIMAL = re.compile(r"[0-9a-f]{24,}")
_RANDOM = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9_~-]{16,}")
_CHANGE = re.compile(r"[a-z0-9](?=[A-Z])|[a-zA-Z](?=[0-9])|[0-9](?=[a-zA-Z])|[A-Z]{2}(?=[a-z])")
_CHANGES = 0.28
"""Of a text's letters: words, even Written2Gether, change their kind of letter less often."""
_PARAMETER = re.compile(r"(?:;|%3b)[^/\s]+", re.IGNORECASE)
_ANNOUNCED = {"t": 16, "auth": 16, "token": 8, "tokens": 8, "key": 8, "apikey": 8, "jwt": 8}
"""Parts behind which a token stands, and how long it is at least."""
_HIDDEN = "..."


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Return whether what a lower-case name stands for is never to be kept or shown."""
    words = _NOT_LETTERS.split(name)
    return not _WORDS.isdisjoint(words) or any(
        word.endswith(_ENDS) for word in (*words, "".join(words))
    )


def without_issued(text: str, instead: str) -> str:
    """Return an address with `instead` for parts of its path that have an issued token's form."""
    return _ISSUED.sub(instead, text)


def hidden_path(path: str) -> str:
    """Return an address's path without its parameters and without the parts that are secrets.

    A secret is a part that looks like an issuer's token, that no person would have written, that
    stands behind one that announces a token, or the value of a parameter so named.
    """
    parts = [_PARAMETER.sub(f";{_HIDDEN}", part) for part in path.split("/")]
    return "/".join(_part(before.lower(), part) for before, part in pairwise(("", *parts)))


def _part(before: str, part: str) -> str:
    text = unquote(part)
    name, equals, _ = text.partition("=")
    if equals and is_secret_name(name.lower()):
        return f"{quote(name, errors='replace')}={_HIDDEN}"
    is_due = len(text) >= _ANNOUNCED.get(before, math.inf) and any(map(str.isdecimal, text))
    return _HIDDEN if is_due or _ISSUED.fullmatch(text) or _is_random(text) else part


def _is_random(text: str) -> bool:
    if _HEXADECIMAL.fullmatch(text):
        return len(text) not in _DIGESTS
    is_one = _RANDOM.fullmatch(text) is not None
    return is_one and len(_CHANGE.findall(text)) >= _CHANGES * len(text)
