"""Exchanges without their secrets: credentials always, and the fields that a person declares.

A field is a dotted path in JSON bodies, of names, of places in arrays from 0, and of `*` for every
one ("user.email", "inputs.*.data"), `header:NAME`, or `query:NAME`. What is taken out becomes
"redacted"; every other character of a body stays as it was, so that numbers keep their text.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import unquote_plus

from harness.core import json_text
from harness.core.recording import Exchange, Headers, Request, Response
from harness.errors import InputError

REDACTED = "redacted"
SECRET_WORDS = frozenset(
    {
        "auth",
        "authenticate",
        "authentication",
        "authorization",
        "cookie",
        "credential",
        "credentials",
        "jwt",
        "passwd",
        "password",
        "secret",
        "session",
        "sig",
        "signature",
    }
)
"""Headers and query parameters are never kept if a word of their name is one of these."""
SECRET_ENDS = ("token", "cookie", "apikey", "accesskey", "secretkey", "subscriptionkey")
"""Neither if a word, or the words together, end so."""
_NOT_LETTERS = re.compile(r"[^a-z0-9]+")
_WITH_URLS = frozenset({"content-location", "location", "origin", "referer"})
_PARAMETER = re.compile(r"([?&#])([^?&#=]+)=[^&#]*")
_MATRIX_PARAMETER = re.compile(r"(;)([^;?&#/=]+)=[^;?&#/]*")
_USER = re.compile(r"//[^/?#]*@")

_HEADER, _QUERY = "header:", "query:"
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What is taken out beside credentials: names of headers and queries in lower case, paths."""

    headers: frozenset[str] = frozenset()
    queries: frozenset[str] = frozenset()
    paths: tuple[Path, ...] = ()


def decode_fields(fields: Sequence[str]) -> Fields:
    """Return declared fields as they are looked for.

    Raises:
        InputError: a field names nothing.

    """
    headers, queries, paths = set[str](), set[str](), list[Path]()
    for field in fields:
        if field.startswith(_HEADER):
            headers.add(field.removeprefix(_HEADER).lower())
        elif field.startswith(_QUERY):
            queries.add(field.removeprefix(_QUERY).lower())
        else:
            paths.append(tuple(field.split(".")))
    if "" in headers | queries or any("" in path for path in paths):
        raise InputError(
            f"redact {', '.join(map(repr, fields))}: give NAME.NAME of a JSON body, "
            "header:NAME or query:NAME"
        )
    return Fields(headers=frozenset(headers), queries=frozenset(queries), paths=tuple(paths))


def redacted(exchange: Exchange, fields: Fields) -> Exchange | None:
    """Return an exchange without its secrets; None if a body hides where declared fields are."""
    response: Response | None = None
    try:
        request = _request(exchange.request, fields)
        if exchange.response:
            body = _body(exchange.response.body, fields.paths)
            headers = _headers(exchange.response.headers, fields)
            response = replace(exchange.response, headers=headers, body=body)
    except (ValueError, RecursionError):
        return None
    return replace(exchange, request=request, response=response)


def are_in(fields: Fields, exchange: Exchange) -> bool:
    """Tell whether an exchange has any of the fields, beside credentials."""
    return redacted(exchange, fields) != redacted(exchange, Fields())


def _request(request: Request, fields: Fields) -> Request:
    return replace(
        request,
        target=_url(request.target, fields.queries),
        headers=_headers(request.headers, fields),
        body=_body(request.body, fields.paths),
    )


def _headers(headers: Headers, fields: Fields) -> Headers:
    return tuple((name, _header(name.strip().lower(), value, fields)) for name, value in headers)


def _header(name: str, value: str, fields: Fields) -> str:
    if name in fields.headers or _is_secret(name):
        return REDACTED
    return _url(value, fields.queries) if name in _WITH_URLS else value


@lru_cache(maxsize=4096)
def _is_secret(name: str) -> bool:
    words = _NOT_LETTERS.split(name)
    return not SECRET_WORDS.isdisjoint(words) or any(
        word.endswith(SECRET_ENDS) for word in (*words, "".join(words))
    )


def _url(text: str, names: Collection[str]) -> str:
    """Return a target or URL without its user and without the values of secret parameters."""

    def parameter(found: re.Match[str]) -> str:
        name = unquote_plus(found[2]).strip().lower()
        secret = name in names or _is_secret(name)
        return f"{found[1]}{found[2]}={REDACTED}" if secret else found[0]

    without_user = _USER.sub(f"//{REDACTED}@", text)
    return _MATRIX_PARAMETER.sub(parameter, _PARAMETER.sub(parameter, without_user))


def _body(body: bytes, paths: Sequence[Path]) -> bytes:
    if not body or not paths:
        return body
    text = body.decode()
    start, end = json_text.whole(text)
    return (text[:start] + _value(text, start, end, paths) + text[end:]).encode()


def _value(text: str, start: int, end: int, paths: Sequence[Path]) -> str:
    """Return a value's text as it is kept; what no path leads into stays as it stands."""
    if () in paths:
        return f'"{REDACTED}"'
    if not paths or text[start] not in "{[":
        return text[start:end]
    kept, copied = [], start
    for place, (name, first, last) in enumerate(json_text.items(text, start)):
        known = str(place) if name is None else name
        below = [path[1:] for path in paths if path[0] in {known, "*"}]
        kept += [text[copied:first], _value(text, first, last, below)]
        copied = last
    return "".join([*kept, text[copied:end]])
